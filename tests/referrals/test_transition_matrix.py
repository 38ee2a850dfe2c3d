"""Every (state, transition, role), allowed and forbidden, against transitions.csv, which is kept by hand.

Letters: S system, F family, C coordinator and hotline lead, P provider staff and lead, L provider lead alone. "?"
means only while screening is pending (for `offer`: and only for a T0 case); without it the step must be refused.
"""

import csv
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.models import Organization
from accounts.roles import Actor, Role
from providers.models import Program
from referrals import events
from referrals.actions.moves import move
from referrals.machine import OWNERSHIP, STEPS
from referrals.models import Case, Offer, Screening, State, Urgency
from referrals.policies import WrongState, can_move

NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
LETTERS = {
    "S": {Role.SYSTEM},
    "F": {Role.FAMILY},
    "C": {Role.COORDINATOR, Role.HOTLINE_LEAD},
    "P": {Role.PROVIDER_STAFF, Role.PROVIDER_LEAD},
    "L": {Role.PROVIDER_LEAD},
}
with (Path(__file__).parent / "transitions.csv").open() as file:
    MATRIX = {row.pop("state"): row for row in csv.DictReader(file)}


def allowed_roles(state: str, step: str, *, pending: bool) -> set[Role]:
    cell = MATRIX[state][step]
    if cell.endswith("?") and not pending:
        return set()
    return {role for letter in cell.rstrip("?") for role in LETTERS[letter]}


def make_case(state: str, *, pending: bool, program: Program) -> Case:
    """A row in `state`: T0 with screening pending, or T1 and screened, with the offer rows the state implies."""
    over = state not in OWNERSHIP
    case = Case.objects.create(
        reference=uuid.uuid4().hex[:7].upper(),
        channel="web",
        language="es",
        state=state,
        state_since=NOW,
        state_due_at=None if over else NOW,
        opened_at=NOW,
        case_type="DET-HAB",
        urgency=Urgency.T0 if pending else Urgency.T1,
        urgency_reason="held",
        screening=Screening.PENDING if pending else Screening.PASSED,
    )
    if state == State.DUPLICATE:
        raise AssertionError("made apart")
    offer = {"offered": "live", "accepted": "accepted", "represented": "accepted"}.get(state)
    if offer:
        Offer.objects.create(
            case=case,
            program=program,
            state=offer,
            case_type="DET-HAB",
            points=6,
            offered_at=NOW,
            expires_at=NOW,
        )
    return case


@pytest.fixture
def program() -> Program:
    return Program.objects.select_related("provider").get(provider__code="AHR", kind="detained_full")


def actor_for(role: Role, program: Program) -> Actor:
    organization = program.provider.organization_id if role.startswith("provider") else None
    return Actor(role, organization_id=organization)


def make_any_case(state: str, *, pending: bool, program: Program) -> Case:
    if state != State.DUPLICATE:
        return make_case(state, pending=pending, program=program)
    original = make_case(State.RECEIVED, pending=pending, program=program)
    case = make_case(State.RECEIVED, pending=pending, program=program)
    Case.objects.filter(pk=case.pk).update(state=State.DUPLICATE, duplicate_of=original)
    return Case.objects.get(pk=case.pk)


def test_the_table_names_every_state_and_transition() -> None:
    assert list(MATRIX) == State.values
    assert all(list(row) == list(STEPS) for row in MATRIX.values())


@pytest.mark.django_db
@pytest.mark.parametrize("pending", [True, False], ids=["screening pending, T0", "screened, T1"])
@pytest.mark.parametrize("state", State.values)
def test_only_the_roles_of_the_table_may_make_each_transition(state: str, pending: bool, program: Program) -> None:
    case = make_any_case(state, pending=pending, program=program)
    for step in STEPS:
        expected = allowed_roles(state, step, pending=pending)
        found = {role for role in Role if can_move(actor_for(role, program), case, step)}
        assert found == expected, step


@pytest.mark.django_db
@pytest.mark.parametrize("pending", [True, False], ids=["screening pending, T0", "screened, T1"])
@pytest.mark.parametrize("state", State.values)
def test_a_move_leaves_an_event_and_a_clock_or_changes_nothing(state: str, pending: bool, program: Program) -> None:
    for step in STEPS:
        expected = allowed_roles(state, step, pending=pending)
        case = make_any_case(state, pending=pending, program=program)
        case.duplicate_of = make_case(State.RECEIVED, pending=pending, program=program)
        for role in Role:
            actor = actor_for(role, program)
            if role in expected:
                with transaction.atomic():
                    event = move(
                        Case.objects.get(pk=case.pk) if step != "mark_duplicate" else case, step, by=actor, now=NOW
                    )
                    moved = Case.objects.get(pk=case.pk)
                    assert (event.kind, event.from_state, event.to_state, event.role) == (
                        step,
                        state,
                        moved.state,
                        role,
                    )
                    assert (moved.state_due_at is not None) == (moved.state in OWNERSHIP)
                    assert events.broken_links(case.pk) == []
                    transaction.set_rollback(True)
                case = Case.objects.get(pk=case.pk)
                case.duplicate_of = Case.objects.exclude(pk=case.pk).first()
            else:
                with pytest.raises((WrongState, PermissionDenied)):
                    move(case, step, by=actor, now=NOW)
                assert Case.objects.get(pk=case.pk).state == state


@pytest.mark.django_db
def test_a_provider_moves_only_cases_that_are_with_it(program: Program) -> None:
    other = Organization.objects.get(slug="vln")
    for state in ("offered", "accepted", "represented"):
        case = make_case(state, pending=False, program=program)
        for step in STEPS:
            for role in (Role.PROVIDER_STAFF, Role.PROVIDER_LEAD):
                assert not can_move(Actor(role, organization_id=other.pk), case, step)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["new", "OFFERED", ""])
def test_the_database_refuses_a_state_that_is_not_in_the_machine(state: str, program: Program) -> None:
    case = make_case(State.RECEIVED, pending=False, program=program)
    with pytest.raises(IntegrityError):
        Case.objects.filter(pk=case.pk).update(state=state)


@pytest.mark.django_db
def test_the_database_refuses_an_open_case_without_a_clock(program: Program) -> None:
    case = make_case(State.RECEIVED, pending=False, program=program)
    with pytest.raises(IntegrityError):
        Case.objects.filter(pk=case.pk).update(state_due_at=None)
