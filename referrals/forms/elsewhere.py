"""Help that somebody else gives."""

from typing import Any

from django import forms

from referrals.actions.endings import ScreenOutReason
from referrals.business_time import CHICAGO
from referrals.forms.base import CHOOSE, EMPTY, DeedForm
from referrals.models import ReferralOutcome, ReferralPartner, WarmReferral


class ScreenOutForm(DeedForm):
    reason = forms.ChoiceField(label="Reason", choices=EMPTY + ScreenOutReason.choices, error_messages=CHOOSE)
    referred_to = forms.ModelChoiceField(
        ReferralPartner.objects.none(),
        label="Who can help instead",
        empty_label="Choose one",
        error_messages=CHOOSE,
        help_text="The family is told to call; give them this name and number.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["referred_to"].queryset = ReferralPartner.objects.on(self.now.astimezone(CHICAGO).date())  # type: ignore[attr-defined]


class ReferOutForm(DeedForm):
    partner = forms.ModelChoiceField(
        ReferralPartner.objects.none(),
        label="Who else can help",
        empty_label="Choose one",
        error_messages=CHOOSE,
        help_text="Give the family this name and number, and call there first.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["partner"].queryset = ReferralPartner.objects.on(self.now.astimezone(CHICAGO).date())  # type: ignore[attr-defined]


class ReferralField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.partner.name}, {obj.partner.phone}"


class ReferralOutcomeForm(DeedForm):
    referral = ReferralField(
        WarmReferral.objects.none(), label="Referred to", empty_label="Choose one", error_messages=CHOOSE
    )
    outcome = forms.ChoiceField(
        label="What became of it", choices=EMPTY + ReferralOutcome.choices, error_messages=CHOOSE
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        waiting = self.case.warm_referrals.filter(outcome="").select_related("partner")
        self.fields["referral"].queryset = waiting  # type: ignore[attr-defined]
