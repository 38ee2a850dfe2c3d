"""Organizations, accounts and roles, for the person who runs the server.

Nobody gets an account, a role or a way into a vault here: people come by invitation and go by `people.remove`, so that
whoever may write in these tables is let in to no file by it.
"""

from typing import Any, ClassVar

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401 (registered, to be unregistered below)
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import people
from accounts.models import Membership, Organization, User
from accounts.policies import VAULT_KINDS, Refused, check_can_be_missed
from web.editing import SavesWhatChanged

admin.site.site_header = "Tables"
admin.site.site_title = "Tables"
admin.site.index_title = "What the server's keeper may change"
admin.site.site_url = "/staff/"
# One way in for everybody: the admin's own sign-in page knows no limit on tries.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# An address more is a way to set a member's password; a second factor's row holds its secret.
admin.site.unregister([EmailAddress, Authenticator])


class ReadOnly:
    """A table to look at."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class UserForm(forms.ModelForm):
    """An account without its password, which nobody but its owner sets; `by` is who changes it."""

    by: User

    class Meta:
        model = User
        fields = ("email", "name", "is_active", "is_staff", "is_superuser")
        help_texts: ClassVar = {
            "is_active": "Without the tick the person is removed for good: signed out everywhere, the way into the "
            "vault destroyed. Who comes back is invited anew."
        }

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_is_active(self) -> bool:
        stays = bool(self.cleaned_data["is_active"])
        if stays and not self.instance.is_active:
            raise ValidationError("Removed is removed: invite the person again.")
        if self.instance.is_active and not stays:
            if self.instance.pk == self.by.pk:
                raise ValidationError("Another operator removes you.")
            membership = Membership.objects.select_related("organization").filter(user=self.instance).first()
            try:
                check_can_be_missed(self.instance, membership.organization if membership else None, by=self.by)
            except Refused as error:
                raise ValidationError(str(error)) from None
        return stays


class MembershipInline(ReadOnly, admin.StackedInline):
    model = Membership


@admin.register(User)
class UserAdmin(SavesWhatChanged):
    list_display = ("name", "email", "membership", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "membership__role")
    list_select_related = ("membership__organization",)
    search_fields = ("name", "email")
    ordering = ("name",)
    inlines: ClassVar = [MembershipInline]
    form = UserForm
    fields = UserForm.Meta.fields

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by = request.user  # type: ignore[attr-defined]
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Of who reads sealed documents nothing changes here: another address would be another person's way in."""
        if Membership.objects.filter(user=obj, organization__kind__in=VAULT_KINDS).exists():
            return tuple(name for name in UserForm.Meta.fields if name != "is_active")
        return ()

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if obj.is_active:
            super().save_model(request, obj, form, change)
            return
        try:
            people.remove(user=obj, by=form.by)  # type: ignore[attr-defined]
        except Refused as error:
            # Somebody else left in the same moment.
            self.message_user(request, str(error), level=messages.ERROR)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Who was removed stays in the logs as they were.
        return super().has_change_permission(request, obj) and (obj is None or obj.is_active)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Logs name their actor for ever; an account is switched off instead.
        return False


@admin.register(Organization)
class OrganizationAdmin(SavesWhatChanged):
    list_display = ("name", "slug", "kind", "is_active")
    list_filter = ("kind", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Organization | None = None) -> tuple[str, ...]:
        """The slug is the organization's name in the vault: another one would leave its files behind."""
        return ("slug", "kind") if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(ReadOnly, admin.ModelAdmin):
    """Who has which role; another role is another account, by invitation."""

    list_display = ("user", "role", "organization")
    list_filter = ("role", "organization")
    list_select_related = ("user", "organization")
    search_fields = ("user__name", "user__email")


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnly, admin.ModelAdmin):
    """Who has which second factor: never its secret. Taking one off helps who lost phone and recovery codes; it opens
    nothing, because the vault still asks for the member's passphrase."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    fields = readonly_fields = list_display

    def has_delete_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        return bool(request.user.has_perm("mfa.delete_authenticator"))

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        super().delete_model(request, obj)
        # A lost sheet of codes must not come back with the next app.
        delete_dangling_recovery_codes(obj.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> None:
        for authenticator in queryset:
            self.delete_model(request, authenticator)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        # A filter in the address could else ask for the sealed secrets letter by letter.
        return not lookup.startswith("data") and super().lookup_allowed(lookup, value, request)
