"""One small form for each thing a person may do to a case or an offer; cleaned data are the action's arguments."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.roles import Actor
from notifications.quiet_hours import ZONES
from providers.models import OfferPlace, Program, Provider
from providers.selectors import room_in_a_word
from referrals import deadlines
from referrals.actions.conflict_holds import LiftReason
from referrals.actions.conflicts import conflicts_of
from referrals.actions.deadlines import DropReason, is_ahead, rules_of
from referrals.actions.endings import Outcome, ReopenReason, ScreenOutReason
from referrals.actions.notes import MOST_CHARACTERS
from referrals.actions.offers import Appearance, HandReason, Scope, TakeBackReason, TransferReason
from referrals.actions.screening import ScreenInReason
from referrals.actions.stages import stages_to_start
from referrals.business_time import CHICAGO
from referrals.clinics import fitting_sessions
from referrals.models import (
    Case,
    CaseDeadline,
    CertifyingAgency,
    ClinicSession,
    DeclineReason,
    Facility,
    LookedAt,
    LookResult,
    Offer,
    ReferralOutcome,
    ReferralPartner,
    WarmReferral,
)
from referrals.models.locator import AT_A_PLACE, US_STATES
from referrals.policies import colleagues_of, holder_of
from referrals.reference import as_typed
from web.forms import DayField
from web.free_text import FreeTextWidget, Number, Written, mark_of, number_in

EMPTY = [("", "Choose one")]
# Changed answers and conflict holds take an offer back by themselves; nobody gives that as a reason.
_BY_ITSELF = (TakeBackReason.FACTS_CHANGED, TakeBackReason.CONFLICT)
TAKEN_BACK_BY_HAND = [choice for choice in TakeBackReason.choices if choice[0] not in _BY_ITSELF]
CHOOSE = {"required": "Choose one from the list.", "invalid_choice": "Choose one from the list."}


NAME_DAY = {"required": "Write the day, for example 11 5 2026."}


class DeedForm(forms.Form):
    """A form about one case; ids carry the deed's name, because a page shows several."""

    def __init__(self, *args: Any, case: Case, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.now = now


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


class PassScreeningForm(DeedForm):
    reason = forms.ChoiceField(label="What it rests on", choices=EMPTY + ScreenInReason.choices, error_messages=CHOOSE)


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


class ProgramField(forms.ModelChoiceField):
    """Programs with the room each has."""

    def label_from_instance(self, obj: Any) -> str:
        state = room_in_a_word(obj, timezone.now())
        place = f"{obj.place}. " if obj.place else ""
        return f"{place}{obj} ({state})"


class OfferByHandForm(DeedForm):
    program = ProgramField(
        Program.objects.none(),
        label="Program",
        empty_label="Choose one",
        error_messages=CHOOSE,
        help_text="Those with a number are in the offer order of this case type. Nobody goes above a ceiling.",
    )
    reason = forms.ChoiceField(label="Why by hand", choices=EMPTY + HandReason.choices, error_messages=CHOOSE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["program"].queryset = programs_for(self.case, self.now)  # type: ignore[attr-defined]


def programs_for(case: Case, now: datetime) -> QuerySet[Program]:
    """Programs of active providers with their `place` in the case type's offer order, those in it first."""
    today = now.astimezone(CHICAGO).date()
    places = OfferPlace.objects.on(today).filter(case_type=case.case_type, program=OuterRef("pk")).order_by("position")
    return (
        Program.objects.filter(provider__is_active=True)
        .select_related("provider")
        .prefetch_related("closures")
        .annotate(place=Subquery(places.values("position")[:1]))
        .order_by(F("place").asc(nulls_last=True), "provider__code", "kind")
    )


class WithdrawOfferForm(DeedForm):
    offer = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        label="Reason",
        choices=EMPTY + TAKEN_BACK_BY_HAND,
        error_messages=CHOOSE,
    )
    program = ProgramField(
        Program.objects.none(),
        label="Offer it to",
        empty_label="The next in the offer order",
        required=False,
        error_messages=CHOOSE,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["program"].queryset = programs_for(self.case, self.now)  # type: ignore[attr-defined]


class EngageForm(DeedForm):
    appearance = forms.ChoiceField(label="What was filed", choices=EMPTY + Appearance.choices, error_messages=CHOOSE)


class StartStageForm(DeedForm):
    stage = forms.ChoiceField(label="Stage", error_messages=CHOOSE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        holder = holder_of(self.case)
        stages = stages_to_start(self.case, holder.program.provider, self.now) if holder else []
        self.fields["stage"].choices = EMPTY + [(stage.code, stage.name) for stage in stages]  # type: ignore[attr-defined]


class NoteField(forms.CharField):
    """What somebody types for whoever has the case next; numbers that have a place of their own are warned about once.

    The same text sent a second time is taken as it is.
    """

    widget = FreeTextWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MOST_CHARACTERS, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        text: str = super().clean(value.text if isinstance(value, Written) else value)
        seen = value.seen if isinstance(value, Written) else None
        if seen is not None and not constant_time_compare(seen, mark_of(text)) and (number := number_in(text)):
            raise forms.ValidationError(
                f"This looks like {'an' if number is Number.A_NUMBER else 'a'} {number}, which is on file already or "
                "never needed: take it out. If it is none, press the button again."
            )
        return text


class TransferForm(DeedForm):
    reason = forms.ChoiceField(label="Reason", choices=EMPTY + TransferReason.choices, error_messages=CHOOSE)
    note = NoteField(
        label="Hand-over note",
        help_text="Sealed, for the hotline and the next provider, who reads it once it has accepted. "
        f"At most {MOST_CHARACTERS:,} characters.",
    )


class CloseForm(DeedForm):
    outcome = forms.ChoiceField(label="Outcome", choices=EMPTY + Outcome.choices, error_messages=CHOOSE)


class EnterTriggerForm(DeedForm):
    """What started a clock: a day, with the time where the clock counts hours. Cleans to `code` and `trigger`."""

    code = forms.ChoiceField(label="Clock", error_messages=CHOOSE)
    day = DayField(label="Day it happened", help_text="For example 11 5 2026.", error_messages=NAME_DAY)
    time = forms.TimeField(
        label="Time of day, if the clock counts hours",
        help_text="In Minneapolis, for example 22:15.",
        required=False,
        widget=forms.TimeInput({"class": "usa-input--sm", "autocomplete": "off"}),
        error_messages={"invalid": "Write the time as 22:15."},
    )

    def __init__(self, *args: Any, rules: list[deadlines.Rule] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = self.now.astimezone(CHICAGO).date()
        self.rules = rules_of() if rules is None else rules
        counted = (one for one in self.rules if one.unit != deadlines.NO_LIMIT and one.status != deadlines.BLOCKED)
        rows = {one.code: one for one in counted if one.valid_to is None or today < one.valid_to}
        self.fields["code"].choices = EMPTY + [(code, f"{code}: {one.starts}") for code, one in sorted(rows.items())]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        code, day, at = cleaned.get("code"), cleaned.pop("day", None), cleaned.pop("time", None)
        if not code or not day or self.errors:
            return cleaned
        trigger = datetime.combine(day, at, CHICAGO) if at else day
        try:
            counted = deadlines.due(code, trigger, rules=self.rules)
        except deadlines.NotCounted as error:
            self.add_error("time" if at is None and "time of day" in str(error) else "day", str(error))
            return cleaned
        # The time of day of a clock of days is not kept: nobody needs it.
        trigger = trigger if counted.rule.counts_hours else day
        if is_ahead(trigger, self.now):
            self.add_error("day", "That day is still to come: a clock starts when something has happened.")
        return {"code": code, "trigger": trigger}


class ClockField(forms.ModelChoiceField):
    """The clocks that run for a case."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.code}, last day {obj.due:%b %-d, %Y}"


class MeetDeadlineForm(DeedForm):
    deadline = ClockField(CaseDeadline.objects.none(), label="Clock", empty_label="Choose one", error_messages=CHOOSE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["deadline"].queryset = CaseDeadline.objects.running().filter(case=self.case)  # type: ignore[attr-defined]


class DropDeadlineForm(MeetDeadlineForm):
    reason = forms.ChoiceField(label="Reason", choices=EMPTY + DropReason.choices, error_messages=CHOOSE)


class MarkDuplicateForm(DeedForm):
    duplicate_of = forms.CharField(
        label="Reference of the case that goes on",
        max_length=12,
        widget=forms.TextInput({"class": "usa-input--sm"}),
        error_messages={"required": "Write the reference of the other case, such as K7M-4QD."},
    )

    def clean_duplicate_of(self) -> Case:
        other = Case.objects.filter(reference=as_typed(self.cleaned_data["duplicate_of"])).first()
        if other is None:
            raise forms.ValidationError("There is no case with this reference, such as K7M-4QD.")
        if other.pk == self.case.pk:
            raise forms.ValidationError("This is the case itself: write the reference of the other one.")
        if not other.is_open:
            raise forms.ValidationError("That case is over: write the one that goes on.")
        return other


class ReopenForm(DeedForm):
    reason = forms.ChoiceField(label="Reason", choices=EMPTY + ReopenReason.choices, error_messages=CHOOSE)


class LocatorCheckForm(DeedForm):
    """A look-up in codes; what was typed into somebody's search page is never typed here."""

    looked_at = forms.ChoiceField(label="Where you looked", choices=EMPTY + LookedAt.choices, error_messages=CHOOSE)
    result = forms.ChoiceField(label="What came of it", choices=EMPTY + LookResult.choices, error_messages=CHOOSE)
    facility = forms.ModelChoiceField(
        Facility.objects.none(),
        label="The place, if found or moved",
        required=False,
        empty_label="Choose one, or a state below",
        error_messages=CHOOSE,
    )
    us_state = forms.ChoiceField(
        label="A place that is not in the list: its state",
        choices=[("", "None"), *((code, code) for code in US_STATES)],
        required=False,
        error_messages=CHOOSE,
        help_text="Somebody adds the place to the list; note it again then.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["facility"].queryset = Facility.objects.on(self.now.astimezone(CHICAGO).date())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"result", "facility", "us_state"} <= cleaned.keys() and (
            fault := place_fault(cleaned["result"], cleaned["facility"], cleaned["us_state"])
        ):
            self.add_error("facility", fault)
        return cleaned


def place_fault(result: str, facility: Facility | None, us_state: str) -> str:
    """What is wrong with the place of a look-up's result; "" for nothing."""
    if result not in AT_A_PLACE:
        return "Only “found” and “moved” name a place." if facility or us_state else ""
    return "" if (facility is None) == bool(us_state) else "Choose the place, or else its state, and not both."


class ClinicSeatForm(DeedForm):
    session = forms.ModelChoiceField(
        ClinicSession.objects.none(),
        label="Clinic",
        empty_label="Choose one",
        error_messages=CHOOSE,
        help_text="Those with a free seat for this kind of case, in the family's language first.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fitting = fitting_sessions(self.case, self.now)
        field: Any = self.fields["session"]
        field.queryset = ClinicSession.objects.filter(pk__in=[one.pk for one in fitting])
        field.choices = [("", "Choose one"), *((one.pk, f"{one} ({one.free} free)") for one in fitting)]


class CertificationForm(DeedForm):
    agency = forms.ChoiceField(label="Agency", choices=EMPTY + CertifyingAgency.choices, error_messages=CHOOSE)
    requested_on = DayField(label="Day the request was made", help_text="For example 11 5 2026.")
    in_removal = forms.BooleanField(label="The person is in removal proceedings", required=False)
    expedite_asked = forms.BooleanField(
        label="The request itself asks to expedite",
        required=False,
        help_text="For the short clocks both must be true. It cannot be changed later.",
    )

    def clean_requested_on(self) -> date:
        return not_in_future(self.cleaned_data["requested_on"], self.now)


def not_in_future(day: date, now: datetime) -> date:
    """The day itself; ValidationError for one that has not come."""
    if day > now.astimezone(CHICAGO).date():
        raise forms.ValidationError("This day is in the future.")
    return day


class HoldConflictForm(DeedForm):
    provider = forms.ModelChoiceField(
        Provider.objects.filter(is_active=True),
        label="Who must not be asked",
        empty_label="Choose one",
        error_messages=CHOOSE,
        help_text="With all its programs, until it is lifted. Nobody else reads of it, and nobody reads whose it is.",
    )


class LiftConflictForm(DeedForm):
    provider = forms.ModelChoiceField(
        Provider.objects.none(), label="Who can be asked again", empty_label="Choose one", error_messages=CHOOSE
    )
    reason = forms.ChoiceField(label="Why", choices=EMPTY + LiftReason.choices, error_messages=CHOOSE)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kept = Provider.objects.filter(code__in=conflicts_of(self.case))
        self.fields["provider"].queryset = kept  # type: ignore[attr-defined]


class GiveForm(forms.Form):
    """Who of the lead's organization works on the case from now on."""

    member = forms.ModelChoiceField(
        User.objects.none(), label="Give it to", empty_label="Choose one", error_messages=CHOOSE
    )

    def __init__(self, posted: Any = None, *, by: Actor) -> None:
        super().__init__(posted, auto_id="give-%s")
        self.fields["member"].queryset = colleagues_of(by)  # type: ignore[attr-defined]


class AcceptForm(forms.Form):
    """How much of the case a provider takes; nothing said is all of it."""

    scope = forms.ChoiceField(
        label="What you take", choices=Scope.choices, widget=forms.RadioSelect, required=False, initial=Scope.FULL
    )

    def clean_scope(self) -> str:
        return self.cleaned_data["scope"] or Scope.FULL


class TimeZoneForm(DeedForm):
    """By whose clock it is night for the family."""

    time_zone = forms.ChoiceField(label="Where the phone is", choices=[*EMPTY, *ZONES], error_messages=CHOOSE)


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
