"""The legal clocks of a case: started, met or dropped."""

from datetime import datetime
from typing import Any

from django import forms

from referrals import deadlines
from referrals.actions.deadlines import DropReason, is_ahead, is_before_the_law, rules_of
from referrals.business_time import CHICAGO
from referrals.forms.base import CHOOSE, EMPTY, NAME_DAY, DeedForm
from referrals.models import CaseDeadline
from web.forms import DayField


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
        elif is_before_the_law(trigger):
            self.add_error("day", "That day is before there was such a law: look at the year.")
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
