"""What the rest of a case, or the case that goes on after a duplicate, takes over from the other one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from accounts.roles import Role
from providers.models import Provider
from referrals.actions import NotChecked, enter_trigger, mark_duplicate, record_conflict, record_no_conflict
from referrals.models import Case, CaseDeadline, State
from referrals.room_audit import recount
from tests import factories
from tests.referrals.test_limited_scope import accept_a_part, case, commits  # noqa: F401

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
Commits = Callable[[], AbstractContextManager[Any]]


def hold(of: Case, code: str) -> None:
    provider = Provider.objects.get(code=code)
    record_conflict(case=of, provider=provider, by=factories.actor(Role.COORDINATOR))


def test_whoever_must_not_take_a_case_is_not_asked_for_its_rest(case: Case, commits: Commits) -> None:  # noqa: F811
    hold(case, "BINGER")

    rest = accept_a_part(case, commits, scope="limited")

    assert not rest.offers.filter(program__provider__code="BINGER").exists()


def test_the_clocks_of_the_law_run_for_the_rest_too(case: Case, commits: Commits) -> None:  # noqa: F811
    enter_trigger(case=case, code="REOPEN", trigger=date(2026, 11, 2), by=factories.actor(Role.COORDINATOR))

    rest = accept_a_part(case, commits, scope="limited")

    codes = set(CaseDeadline.objects.running().filter(case=case).values_list("code", flat=True))
    assert "REOPEN" in codes
    assert set(CaseDeadline.objects.running().filter(case=rest).values_list("code", flat=True)) == codes


def test_the_recount_counts_no_offer_twice(case: Case, commits: Commits) -> None:  # noqa: F811
    accept_a_part(case, commits, scope="limited")

    assert all(one.agrees for one in recount(timezone.now()))


def test_no_conflict_is_not_said_of_names_that_are_still_to_come(case: Case, commits: Commits) -> None:  # noqa: F811
    rest = accept_a_part(case, commits, reader="", scope="limited")
    offer = factories.live_offer(rest)

    with pytest.raises(NotChecked, match="have not reached you"):
        record_no_conflict(offer=offer, by=factories.staff_of(offer))


def test_a_hold_on_a_duplicate_goes_on_and_takes_back_the_offer_it_forbids(commits: Commits) -> None:  # noqa: F811
    factories.room("AHR", "detained_full", ceiling=60)
    keep, duplicate = factories.case(), factories.case()
    assert keep.state == State.OFFERED
    hold(duplicate, "AHR")

    with commits():
        mark_duplicate(case=duplicate, duplicate_of=keep, by=factories.actor(Role.COORDINATOR))

    keep.refresh_from_db()
    assert keep.state != State.OFFERED
    assert keep.conflict_holds.get().provider.code == "AHR"
