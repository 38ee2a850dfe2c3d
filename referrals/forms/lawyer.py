"""Finding a lawyer: screening, offers by hand, seats at a clinic, who must not be asked."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from providers.models import OfferPlace, Program, Provider
from providers.selectors import room_in_a_word
from referrals.actions.conflict_holds import LiftReason
from referrals.actions.conflicts import conflicts_of
from referrals.actions.notes import MOST_CHARACTERS
from referrals.actions.offers import HandReason, TakeBackReason, TransferReason
from referrals.actions.screening import ScreenInReason
from referrals.business_time import CHICAGO
from referrals.clinics import fitting_sessions
from referrals.forms.base import CHOOSE, EMPTY, DeedForm
from referrals.models import Case, ClinicSession
from web.free_text import FreeTextWidget, Number, Written, mark_of, number_in

# Changed answers and conflict holds take an offer back by themselves; nobody gives that as a reason.
_BY_ITSELF = (TakeBackReason.FACTS_CHANGED, TakeBackReason.CONFLICT)


TAKEN_BACK_BY_HAND = [choice for choice in TakeBackReason.choices if choice[0] not in _BY_ITSELF]


class PassScreeningForm(DeedForm):
    reason = forms.ChoiceField(label="What it rests on", choices=EMPTY + ScreenInReason.choices, error_messages=CHOOSE)


class ProgramField(forms.ModelChoiceField):
    """Programs with the room each has."""

    def label_from_instance(self, obj: Any) -> str:
        state = room_in_a_word(obj, timezone.now())
        place = f"{obj.place}. " if obj.place else ""
        return f"{place}{obj} ({state})"


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
