"""The table of legal clocks as a lawyer reads and prints it, with a place to try one. Nothing typed here is kept."""

from dataclasses import dataclass
from datetime import date, datetime

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from referrals import deadlines
from referrals.actions.deadlines import rules_of
from referrals.business_time import CHICAGO
from referrals.clocks import table_on
from referrals.deadlines import Due, NotCounted

READS_LAW = (Role.COORDINATOR, Role.AUDITOR, Role.PROVIDER_STAFF)


class TryForm(forms.Form):
    """A code and what started it: a day, or a day and a time of America/Chicago."""

    code = forms.CharField(label="Code", max_length=20, error_messages={"required": "Write a code of the table."})
    trigger = forms.CharField(
        label="Day or time it starts",
        help_text="For example 2026-10-30, or 2026-11-21T22:15 for a clock of hours.",
        max_length=40,
        error_messages={"required": "Write the day, for example 2026-10-30."},
    )

    def clean_trigger(self) -> date | datetime:
        typed = self.cleaned_data["trigger"].strip()
        try:
            return datetime.fromisoformat(typed) if "T" in typed or ":" in typed else date.fromisoformat(typed)
        except ValueError:
            raise forms.ValidationError("Write a day as 2026-10-30, or a time as 2026-11-21T22:15.") from None


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try, with each end in Chicago's time."""

    found: Due

    @property
    def ends(self) -> list[tuple[str, date | datetime]]:
        named = [("Counted", self.found.raw), ("Last day", self.found.due), ("Safe by", self.found.safe_by)]
        return [(name, at.astimezone(CHICAGO) if isinstance(at, datetime) else at) for name, at in named]


@require_safe
@members_only(*READS_LAW)
def deadline_table(request: MemberRequest) -> HttpResponse:
    """Today's rows, and the result of a code and day in the address."""
    form = TryForm(request.GET) if "code" in request.GET or "trigger" in request.GET else TryForm()
    tried = None
    if form.is_bound and form.is_valid():
        code, trigger = form.cleaned_data["code"], form.cleaned_data["trigger"]
        try:
            tried = Tried(deadlines.due(code, trigger, rules=rules_of(code)))
        except NotCounted as error:
            form.add_error("code", str(error))
    rows = table_on(timezone.now().astimezone(CHICAGO).date())
    context = {
        "rows": rows,
        "form": form,
        "tried": tried,
        "has_calendar": request.actor.role != Role.AUDITOR,
        "status_on": min((row.status_on for row in rows), default=None),
    }
    return render(request, "referrals/deadlines.html", context, status=400 if form.errors else 200)
