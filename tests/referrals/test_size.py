"""A case that becomes another kind while it is with a provider."""

from datetime import timedelta

import pytest

from accounts.roles import SYSTEM
from providers.models import Program
from referrals.actions import record_facts
from referrals.facts import Entry
from referrals.models import CaseEvent, CoordinatorTask, TaskKind
from tests import factories as make
from tests.factories import OFFICE_HOURS as NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


def in_use(program: Program) -> int:
    return Program.objects.values_list("in_use", flat=True).get(pk=program.pk)


def test_a_smaller_kind_gives_the_difference_back() -> None:
    program = make.room("AHR", ceiling=6)
    case = make.accepted_case(now=NOW)
    assert (case.case_type, in_use(program)) == ("DET-HAB", 6)

    case = record_facts(case=case, facts=make.held_facts(entry=Entry.ADMITTED), by=SYSTEM, now=LATER)

    assert (case.case_type, in_use(program)) == ("DET-BOND", 3)
    assert case.offers.get().points == 3


def test_a_larger_kind_takes_the_difference_while_there_is_room() -> None:
    program = make.room("AHR", ceiling=6)
    case = make.accepted_case(make.held_facts(entry=Entry.ADMITTED), now=NOW)

    record_facts(case=case, facts=make.held_facts(), by=SYSTEM, now=LATER)

    assert in_use(program) == case.offers.get().points == 6
    assert not CoordinatorTask.objects.filter(case=case, kind=TaskKind.ROOM_SHORT).exists()


def test_without_room_the_size_stays_and_somebody_is_told() -> None:
    program = make.room("AHR", ceiling=5)
    case = make.accepted_case(make.held_facts(entry=Entry.ADMITTED), now=NOW)

    case = record_facts(case=case, facts=make.held_facts(), by=SYSTEM, now=LATER)

    assert (case.case_type, in_use(program), case.offers.get().points) == ("DET-HAB", 3, 3)
    assert CoordinatorTask.objects.filter(case=case, kind=TaskKind.ROOM_SHORT, done_at=None).exists()
    assert CaseEvent.objects.get(case=case, kind="room_short").detail["points"] == 6
    record_facts(case=case, facts=make.held_facts(entry=Entry.ADMITTED), by=SYSTEM, now=LATER)
    assert not CoordinatorTask.objects.filter(case=case, kind=TaskKind.ROOM_SHORT, done_at=None).exists()
