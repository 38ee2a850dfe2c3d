"""Who of an organization works on a case."""

from typing import Any

from django import forms

from accounts.models import User
from accounts.roles import Actor
from referrals.forms.base import CHOOSE
from referrals.policies import colleagues_of


class GiveForm(forms.Form):
    """Who of the lead's organization works on the case from now on."""

    member = forms.ModelChoiceField(
        User.objects.none(), label="Give it to", empty_label="Choose one", error_messages=CHOOSE
    )

    def __init__(self, posted: Any = None, *, by: Actor) -> None:
        super().__init__(posted, auto_id="give-%s")
        self.fields["member"].queryset = colleagues_of(by)  # type: ignore[attr-defined]
