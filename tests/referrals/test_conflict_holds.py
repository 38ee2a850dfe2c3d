"""A provider that must never be asked: by whom it is said, what it changes, and who never reads of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.roles import HOTLINE_ROLES, MEMBER_ROLES, Role
from providers.models import Provider
from referrals import events
from referrals.actions import decline_offer, lift_conflict, offer_by_hand, record_conflict, transfer, withdraw
from referrals.actions.conflicts import conflicts_of
from referrals.actions.offers import CannotBeOffered
from referrals.models import Case, CaseEvent, ConflictHold, CoordinatorTask, OfferState, State, TaskKind
from referrals.policies import WrongState
from tests import factories as make

pytestmark = pytest.mark.django_db
NOW = make.OFFICE_HOURS


@pytest.fixture
def ahr() -> Provider:
    make.room("AHR")
    make.room("AHR", "detained_limited", ceiling=10)
    make.room("BINGER", ceiling=12)
    return Provider.objects.get(code="AHR")


@pytest.fixture
def after_commit(django_capture_on_commit_callbacks: Callable[..., Any]) -> Callable[..., Any]:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def deed(case: Case, name: str) -> str:
    return f"/staff/cases/{case.reference}/do/{name}/"


def test_a_coordinator_takes_the_offer_back_by_it_and_the_next_is_asked(ahr: Provider, after_commit: Any) -> None:
    case, by = make.case(now=NOW), make.actor(Role.COORDINATOR)

    with after_commit():
        record_conflict(case=case, provider=ahr, by=by, now=NOW)

    first = case.offers.get(program__provider=ahr)
    assert (first.state, first.decline_reason) == (OfferState.WITHDRAWN, "")
    assert first.program.in_use == 0
    assert make.live_offer(case).program.provider.code == "BINGER"
    assert events.broken_links(case.pk) == []


def test_it_holds_for_every_program_and_for_ever(ahr: Provider) -> None:
    case, by = make.case(now=NOW), make.actor(Role.COORDINATOR)
    record_conflict(case=case, provider=ahr, by=by, now=NOW)

    for program in ahr.programs.all():
        with pytest.raises(CannotBeOffered, match=r"cannot take .* and is not asked again"):
            offer_by_hand(case=Case.objects.get(pk=case.pk), program=program, reason="asked_for", by=by, now=NOW)


def test_a_conflict_that_one_program_found_is_its_whole_organizations(ahr: Provider) -> None:
    case, by = make.case(now=NOW), make.actor(Role.COORDINATOR)
    offer = make.live_offer(case)
    decline_offer(offer=offer, reason="conflict", by=make.staff_of(offer), now=NOW)
    other = ahr.programs.exclude(pk=offer.program_id).filter(ceiling__gt=0).get()

    with pytest.raises(CannotBeOffered, match="is not asked again"):
        offer_by_hand(case=Case.objects.get(pk=case.pk), program=other, reason="asked_for", by=by, now=NOW)


def test_who_hands_a_case_on_for_a_conflict_is_held_too(ahr: Provider) -> None:
    case = make.accepted_case(now=NOW)

    transfer(case=case, reason="conflict", by=make.actor(Role.COORDINATOR), now=NOW)

    assert ConflictHold.objects.get(case=case).provider == ahr


def test_a_case_that_the_provider_holds_stays_with_it(ahr: Provider) -> None:
    case = make.accepted_case(now=NOW)

    record_conflict(case=case, provider=ahr, by=make.actor(Role.COORDINATOR), now=NOW)

    assert Case.objects.get(pk=case.pk).state == State.ACCEPTED
    # Staff cannot hand a case on: somebody who can has to hear of it.
    assert CoordinatorTask.objects.filter(case=case, kind=TaskKind.HAND_ON, done_at=None).exists()


def test_saying_it_twice_is_saying_it_once(ahr: Provider) -> None:
    case, by = make.case(now=NOW), make.actor(Role.COORDINATOR)
    for _ in range(2):
        record_conflict(case=case, provider=ahr, by=by, now=NOW)

    assert CaseEvent.objects.filter(case=case, kind="conflict_hold").count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        ConflictHold.objects.create(case=case, provider=ahr, at=NOW)


def test_staff_say_it_of_their_own_provider_while_it_has_the_case(ahr: Provider, after_commit: Any) -> None:
    case = make.case()
    client = make.client_of(make.member(Role.PROVIDER_STAFF, "ahr"))
    assert deed(case, "must_not_take") in client.get(f"/staff/cases/{case.reference}/").content.decode()

    with after_commit():
        answer = client.post(deed(case, "must_not_take"))

    assert answer.status_code == 302
    assert case.offers.get(program__provider=ahr).decline_reason == "conflict"
    assert ConflictHold.objects.get(case=case).provider == ahr
    assert client.get(f"/staff/cases/{case.reference}/").status_code == 404


@pytest.mark.parametrize("slug", ["ilcm", "binger"])
def test_staff_say_nothing_of_others_and_nothing_of_a_case_they_do_not_have(ahr: Provider, slug: str) -> None:
    case = make.case(now=NOW)
    stranger = make.actor(Role.PROVIDER_LEAD, slug)

    for provider in (ahr, Provider.objects.get(organization__slug=slug)):
        with pytest.raises(PermissionDenied):
            record_conflict(case=case, provider=provider, by=stranger, now=NOW)
    assert not ConflictHold.objects.exists()


@pytest.mark.parametrize("role", [role for role in MEMBER_ROLES if role not in HOTLINE_ROLES])
def test_only_coordinators_name_a_provider(ahr: Provider, role: Role) -> None:
    case = make.case(now=NOW)

    with pytest.raises(PermissionDenied):
        record_conflict(case=case, provider=Provider.objects.get(code="ILCM"), by=make.actor(role), now=NOW)


def test_an_ended_case_has_nobody_to_keep_away(ahr: Provider) -> None:
    case, by = make.case(now=NOW), make.actor(Role.COORDINATOR)
    withdraw(case=case, by=by, now=NOW)

    with pytest.raises(WrongState):
        record_conflict(case=case, provider=ahr, by=by, now=NOW)


def test_no_other_provider_reads_of_it_and_nobody_reads_whose_it_is(ahr: Provider, after_commit: Any) -> None:
    case, coordinator = make.case(), make.client_of(make.member(Role.COORDINATOR))
    with after_commit():
        answer = coordinator.post(deed(case, "hold_conflict"), {"provider": ahr.pk})
    assert answer.status_code == 302

    seen = make.client_of(make.member(Role.PROVIDER_LEAD, "binger")).get(f"/staff/cases/{case.reference}/")
    own = coordinator.get(f"/staff/cases/{case.reference}/").content.decode()

    assert seen.status_code == 200
    assert "AHR" not in seen.content.decode()
    assert "onflict" not in seen.content.decode()
    assert "AHR must not be asked" in own
    assert "AHR cannot take this case and is not asked again." in own
    kept = CaseEvent.objects.get(case=case, kind="conflict_hold")
    assert kept.detail == {"provider": "AHR"}
    # Beside who, which and when there is nowhere to write whose it is.
    assert {field.name for field in ConflictHold._meta.fields} == {
        "id",
        "case",
        "provider",
        "at",
        "user_id",
        "lifted_at",
    }


def test_the_api_does_the_same(ahr: Provider) -> None:
    case = make.case()
    client = make.client_of(make.member(Role.COORDINATOR))

    unknown = client.post(f"/api/v1/cases/{case.reference}/hold_conflict/", {"provider": "NOBODY"})
    known = client.post(f"/api/v1/cases/{case.reference}/hold_conflict/", {"provider": "AHR"}, "application/json")

    assert unknown.status_code in (400, 415)
    assert known.status_code == 200
    assert ConflictHold.objects.filter(case=case, provider=ahr).exists()


@pytest.mark.parametrize("said_by", ["a coordinator", "the provider"])
def test_a_lifted_conflict_lets_the_provider_be_asked_again(ahr: Provider, after_commit: Any, said_by: str) -> None:
    make.room("BINGER", ceiling=0)
    case, by = make.case(now=NOW), make.actor(Role.COORDINATOR)
    with after_commit():
        if said_by == "the provider":
            offer = make.live_offer(case)
            decline_offer(offer=offer, reason="conflict", by=make.staff_of(offer), now=NOW)
        else:
            record_conflict(case=case, provider=ahr, by=by, now=NOW)
    assert Case.objects.get(pk=case.pk).state == State.WAITLISTED
    later = NOW + timedelta(minutes=5)

    with after_commit():
        lift_conflict(case=case, provider=ahr, reason="by_mistake", by=by, now=later)

    # What was taken back five minutes ago is not asked again within the day: by the clock, or by hand.
    program = ahr.programs.filter(ceiling__gt=10).get()
    case.refresh_from_db()
    if case.state == State.WAITLISTED:
        offer_by_hand(case=case, program=program, reason="asked_for", by=by, now=later)
    assert make.live_offer(case).program.provider == ahr
    assert events.broken_links(case.pk) == []


def test_after_lifting_a_new_conflict_counts_again(ahr: Provider) -> None:
    case, by = make.case(now=NOW), make.actor(Role.COORDINATOR)
    record_conflict(case=case, provider=ahr, by=by, now=NOW)
    lift_conflict(case=case, provider=ahr, reason="ended", by=by, now=NOW + timedelta(hours=1))
    assert conflicts_of(case) == frozenset()
    with pytest.raises(WrongState, match="No conflict"):
        lift_conflict(case=case, provider=ahr, reason="ended", by=by, now=NOW + timedelta(hours=1))

    record_conflict(case=case, provider=ahr, by=by, now=NOW + timedelta(hours=2))

    assert conflicts_of(case) == {"AHR"}
    kinds = CaseEvent.objects.filter(case=case, kind__startswith="conflict").values_list("kind", flat=True)
    assert sorted(kinds) == ["conflict_hold", "conflict_hold", "conflict_lifted"]


@pytest.mark.parametrize("role", [role for role in MEMBER_ROLES if role not in HOTLINE_ROLES])
def test_only_coordinators_lift_it(ahr: Provider, role: Role) -> None:
    case = make.case(now=NOW)
    record_conflict(case=case, provider=ahr, by=make.actor(Role.COORDINATOR), now=NOW)

    with pytest.raises(PermissionDenied):
        lift_conflict(case=case, provider=ahr, reason="ended", by=make.actor(role), now=NOW)

    assert conflicts_of(case) == {"AHR"}


def test_it_is_lifted_on_the_case_page_where_one_is_kept(ahr: Provider) -> None:
    case, client = make.case(now=NOW), make.client_of(make.member(Role.COORDINATOR))
    page = f"/staff/cases/{case.reference}/"
    assert "Lift a conflict of interest" not in client.get(page).content.decode()
    record_conflict(case=case, provider=ahr, by=make.actor(Role.COORDINATOR), now=NOW)
    assert "Lift a conflict of interest" in client.get(page).content.decode()

    answer = client.post(deed(case, "lift_conflict"), {"provider": ahr.pk, "reason": "by_mistake"})

    assert answer.status_code == 302
    assert conflicts_of(case) == frozenset()
