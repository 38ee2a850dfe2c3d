"""What a family takes back."""

from django import forms
from django.utils.translation import gettext_lazy as _

from intake.forms.fields import SomeOf
from referrals.actions.rights import Consent


class StopForm(forms.Form):
    use_required_attribute = False
    consents = SomeOf(
        label=_("What should we stop?"),
        choices=[
            (Consent.TEXTS, _("Text messages")),
            (Consent.CALLS, _("Calls")),
            (Consent.SHARING, _("Sharing my answers with lawyers' offices")),
        ],
    )
