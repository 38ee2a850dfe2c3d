"""One small form for each thing a person may do to a case; cleaned data are the arguments of the action."""

from datetime import datetime
from typing import Any

from django import forms

from referrals.actions.notes import MOST_CHARACTERS
from referrals.forms.base import DeedForm
from referrals.forms.clocks import DropDeadlineForm, EnterTriggerForm, MeetDeadlineForm
from referrals.forms.elsewhere import ReferOutForm, ReferralOutcomeForm, ScreenOutForm
from referrals.forms.ending import CloseForm, MarkDuplicateForm, ReopenForm
from referrals.forms.lawyer import (
    ClinicSeatForm,
    HoldConflictForm,
    LiftConflictForm,
    OfferByHandForm,
    PassScreeningForm,
    TransferForm,
    WithdrawOfferForm,
)
from referrals.forms.place import LocatorCheckForm, TimeZoneForm
from referrals.forms.work import CertificationForm, EngageForm, StartStageForm
from referrals.models import Case, Offer


class DeedNote(forms.Form):
    """What may be written down with any deed; it is no part of the deed's own form, whose answers are codes."""

    sealed_note = forms.CharField(
        label="Note (not needed)",
        required=False,
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Sealed, for the hotline and the provider of the case.",
    )

    def __init__(self, posted: Any = None, *, deed: str) -> None:
        super().__init__(posted, auto_id=f"{deed}-%s")


FORMS: dict[str, type[DeedForm]] = {
    "record_locator_check": LocatorCheckForm,
    "may_have_moved": DeedForm,
    "put_tier_back": DeedForm,
    "set_time_zone": TimeZoneForm,
    "book_clinic_seat": ClinicSeatForm,
    "give_up_clinic_seat": DeedForm,
    "request_certification": CertificationForm,
    "pass_screening": PassScreeningForm,
    "offer": OfferByHandForm,
    "engage": EngageForm,
    "start_stage": StartStageForm,
    "request_info": DeedForm,
    "withdraw_offer": WithdrawOfferForm,
    "transfer": TransferForm,
    "enter_trigger": EnterTriggerForm,
    "meet_deadline": MeetDeadlineForm,
    "drop_deadline": DropDeadlineForm,
    "close": CloseForm,
    "screen_out": ScreenOutForm,
    "refer_out": ReferOutForm,
    "record_referral_outcome": ReferralOutcomeForm,
    "mark_duplicate": MarkDuplicateForm,
    "lose_contact": DeedForm,
    "withdraw": DeedForm,
    "reopen": ReopenForm,
    "confirm_handed_over": DeedForm,
    "place_hold": DeedForm,
    "lift_hold": DeedForm,
    "delete_data": DeedForm,
    "hold_conflict": HoldConflictForm,
    "lift_conflict": LiftConflictForm,
    "must_not_take": DeedForm,
}


def form_for(deed: str, case: Case, *, now: datetime, posted: Any = None, live_offer: Offer | None = None) -> DeedForm:
    """The form of a deed, empty or with what was sent."""
    initial = {"offer": live_offer.pk} if live_offer else {}
    return FORMS[deed](posted, case=case, now=now, initial=initial, auto_id=f"{deed}-%s")
