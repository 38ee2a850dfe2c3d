"""A provider's answer to an offer."""

from typing import Any

from django import forms

from referrals.actions.offers import Scope
from referrals.forms.base import CHOOSE, EMPTY
from referrals.models import DeclineReason, Offer


class AcceptForm(forms.Form):
    """How much of the case a provider takes; nothing said is all of it."""

    scope = forms.ChoiceField(
        label="What you take", choices=Scope.choices, widget=forms.RadioSelect, required=False, initial=Scope.FULL
    )

    def clean_scope(self) -> str:
        return self.cleaned_data["scope"] or Scope.FULL


_ASKED_AGAIN = "You may be asked again once your room changes, or after 24 hours."


# What a decline leads to, by its reason, in the provider's words.
WHAT_FOLLOWS: list[tuple[str, str]] = [
    (DeclineReason.CAPACITY.label, f"{_ASKED_AGAIN} Pausing your program keeps further offers away until then."),
    (DeclineReason.CONFLICT.label, "You are never asked about this case again. Nobody reads whose conflict it was."),
    (DeclineReason.SCOPE.label, "You are never asked about this case again."),
    (DeclineReason.LANGUAGE.label, _ASKED_AGAIN),
    (DeclineReason.VENUE.label, _ASKED_AGAIN),
    (DeclineReason.NO_CONTACT.label, f"{_ASKED_AGAIN} The next provider tries to reach the family."),
]


class DeclineForm(forms.Form):
    """Why a provider says no to an offer."""

    reason = forms.ChoiceField(label="Reason", choices=EMPTY + DeclineReason.choices, error_messages=CHOOSE)

    def __init__(self, posted: Any = None, *, offer: Offer) -> None:
        super().__init__(posted, auto_id=f"decline-{offer.pk}-%s")
