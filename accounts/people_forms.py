"""Forms of invitations and of taking one up."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import Invitation, Organization, User
from accounts.policies import ROLES_OF_KIND, VAULT_KINDS
from accounts.roles import LEAD_ROLES, Role


class InviteForm(forms.Form):
    """Whom a lead invites to their own organization, and as what."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text="Their own address at work, which nobody else reads.",
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label="Role")

    def __init__(self, *args: Any, roles: tuple[Role, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(label="Role", choices=[(role.value, role.label) for role in roles])


class FirstInviteForm(InviteForm):
    """Whom the operator invites: an organization's first lead, or a member of the fund's office or a funder."""

    organization = forms.ModelChoiceField(label="Organization", queryset=Organization.objects.none())
    field_order = ("organization", "role", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        others = [role for kind, roles in ROLES_OF_KIND.items() if kind not in VAULT_KINDS for role in roles]
        super().__init__(*args, roles=(*sorted(LEAD_ROLES), *others), **kwargs)
        self.fields["organization"] = forms.ModelChoiceField(
            label="Organization", queryset=Organization.objects.filter(is_active=True)
        )
        self.order_fields(self.field_order)


class AcceptForm(forms.Form):
    """The invited person's name and password."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        help_text="As your colleagues know you. It stands beside what you do.",
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    password1 = forms.CharField(
        label="A new password",
        strip=False,
        help_text="At least 15 characters. Several words are easier to remember than signs.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label="The password again", strip=False, widget=forms.PasswordInput({"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        password = cleaned.get("password1")
        if password and "password2" in cleaned and cleaned["password2"] != password:
            self.add_error("password2", "This is not the same password as above.")
        elif password:
            try:
                validate_password(password, User(email=self.invitation.email, name=cleaned.get("name", "")))
            except ValidationError as error:
                self.add_error("password1", error)
        return cleaned
