"""One thing done to several cases: each is looked up, allowed or refused, and changed for itself.

A case that is refused, or fails, changes nothing of itself and nothing of the others.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.roles import LEAD_ROLES, Actor
from referrals.actions import CannotBeOffered, assignments, finish_task
from referrals.actions.desk import mark_read
from referrals.by_hand import DEEDS, check_may_do, text_of
from referrals.forms.assignment import GiveForm
from referrals.forms.base import CHOOSE, EMPTY
from referrals.forms.deeds import form_for
from referrals.models import Case, CoordinatorTask, TaskKind
from referrals.policies import WrongState
from referrals.selectors import visible_cases

log = logging.getLogger(__name__)

# More than anybody can answer for with one press.
MOST_AT_ONCE = 50
NOT_FOUND = "There is no such case, or it is not yours to see."
FAILED = "Something went wrong on our side; this case was not changed. Try it on its own page."


@dataclass(frozen=True, slots=True)
class Together:
    """Something that may be done to several cases at once; `act` takes a case, `by` and what the form asks.

    `form`: None where nothing is asked. `text`: the wording each family gets, "" for none.
    """

    title: str
    done: str
    act: Callable[..., Any]
    form: Callable[..., forms.Form] | None = None
    text: str = ""
    for_leads: bool = False

    @property
    def is_asked_first(self) -> bool:
        """Whether a page comes in between: for what is still to be chosen, or because families are texted."""
        return self.form is not None or bool(self.text)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it for one case, as a sentence."""

    reference: str
    is_done: bool
    sentence: str


class TaskForm(forms.Form):
    """Which task is done."""

    kind = forms.ChoiceField(label="Which task is done", choices=EMPTY + TaskKind.choices, error_messages=CHOOSE)


def _finish(*, case: Case, kind: str, by: Actor) -> None:
    task = CoordinatorTask.objects.filter(case=case, kind=kind, done_at__isnull=True).first()
    if task is None:
        raise WrongState(f"{case.reference} has no such task.")
    finish_task(task=task, by=by)


def _deed(name: str) -> Together:
    """A deed of the case page; its form must ask the same of every case."""

    def act(*, case: Case, by: Actor, **given: Any) -> None:
        check_may_do(by, case, name)
        DEEDS[name].act(case=case, by=by, **given)

    def form(posted: Any = None, *, by: Actor) -> forms.Form:
        return form_for(name, Case(), now=timezone.now(), posted=posted)

    deed = DEEDS[name]
    return Together(deed.title, deed.done, act, form, text=text_of(name))


TOGETHER: dict[str, Together] = {
    "take_over": Together("Assign to me", "you work on it now", assignments.take_over),
    "give": Together("Assign to a colleague", "given to your colleague", assignments.give_to, GiveForm, for_leads=True),
    "mark_read": Together("Mark as read", "marked as read", mark_read),
    "task_done": Together("Mark a task as done", "task done", _finish, lambda posted=None, *, by: TaskForm(posted)),
    "request_info": _deed("request_info"),
    "pass_screening": _deed("pass_screening"),
}


def open_to(actor: Actor) -> dict[str, Together]:
    """What this actor is offered; each case is asked again when it is done."""
    return {name: one for name, one in TOGETHER.items() if not one.for_leads or actor.role in LEAD_ROLES}


def do_together(name: str, references: Sequence[str], given: dict[str, Any], *, by: Actor) -> list[Outcome]:
    """Does it to each case in its own transaction; the first `MOST_AT_ONCE`, in the order given, each once."""
    wanted = list(dict.fromkeys(references))[:MOST_AT_ONCE]
    cases = {case.reference: case for case in visible_cases(by).filter(reference__in=wanted)}
    act = partial(TOGETHER[name].act, by=by, **given)
    return [_do(reference, cases.get(reference), act, TOGETHER[name].done) for reference in wanted]


def _do(reference: str, case: Case | None, act: Callable[..., Any], done: str) -> Outcome:
    if case is None:
        return Outcome(reference, False, NOT_FOUND)
    try:
        act(case=case)
    except (WrongState, CannotBeOffered) as refused:
        return Outcome(reference, False, str(refused))
    except PermissionDenied as refused:
        return Outcome(reference, False, str(refused) or "Your role does not allow this.")
    except Exception:
        # The others are still done, and this one is told apart: its own transaction is rolled back.
        log.exception("%s failed for one of several cases", getattr(act, "func", act).__name__)
        return Outcome(reference, False, FAILED)
    return Outcome(reference, True, f"{done[0].upper()}{done[1:]}.")
