"""A worker that dies, or a coordinator who does not decide: no case falls out of sight."""

from datetime import timedelta

import pytest
import time_machine

from accounts.roles import Role
from referrals import tasks
from referrals.actions import close, expire_offer, offers, reopen
from referrals.filters import Filters
from referrals.models import Case, CoordinatorTask, Offer, OfferState, State, TaskKind
from referrals.selectors import queue
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
NOW = factories.OFFICE_HOURS


@pytest.fixture
def offer() -> Offer:
    """To AHR; Binger is next."""
    factories.room("AHR", ceiling=60)
    factories.room("BINGER", ceiling=60)
    return factories.live_offer(factories.case(now=NOW))


def test_a_worker_that_dies_after_the_offer_ended_and_before_the_next_is_made_loses_nothing(offer: Offer) -> None:
    # No callback of the commit runs in this test: what a process leaves that dies right after its commit.
    assert expire_offer(offer_id=offer.pk, now=offer.expires_at)
    case = Case.objects.get(pk=offer.case_id)
    assert (case.state, case.offers.filter(state=OfferState.LIVE).exists()) == (State.SCREENED, False)

    with time_machine.travel(offer.expires_at, tick=False):
        tasks.match_waitlist()

    assert factories.live_offer(case).program.provider.code == "BINGER"


def test_a_worker_that_dies_while_it_ends_an_offer_leaves_it_to_the_next_tick(
    offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_given: object, **_named: object) -> None:
        raise Killed

    with time_machine.travel(offer.expires_at, tick=False):
        with monkeypatch.context() as broken:
            broken.setattr(offers, "_give_back", die)
            with pytest.raises(Killed):
                tasks.expire_offers()
        assert Offer.objects.get(pk=offer.pk).state == OfferState.LIVE

        tasks.expire_offers()
        tasks.match_waitlist()

    offer.program.refresh_from_db()
    assert (Offer.objects.get(pk=offer.pk).state, offer.program.in_use) == (OfferState.EXPIRED, 0)
    assert factories.live_offer(offer.case).program.provider.code == "BINGER"


def test_a_provisional_case_that_nobody_decides_on_stays_where_it_is_and_shows_as_overdue() -> None:
    factories.room()
    case = factories.accepted_case(factories.held_facts(zip_code="55423"), now=NOW)
    assert case.is_provisional
    assert case.screening_due_at is not None
    assert case.screening_due_at - NOW >= timedelta(days=7)
    after = case.screening_due_at + timedelta(seconds=1)

    with time_machine.travel(after, tick=False):
        for clock in (tasks.expire_offers, tasks.match_waitlist, tasks.mail_providers, tasks.tidy_ended_cases):
            clock()

    case.refresh_from_db()
    assert (case.state, case.is_provisional) == (State.ACCEPTED, True)
    task = CoordinatorTask.objects.get(case=case, kind=TaskKind.SCREEN, done_at=None)
    assert task.due_at == case.screening_due_at
    assert [
        row.case.pk for row in queue(Filters(tasks_due=True), reader=factories.actor(Role.COORDINATOR), now=after).rows
    ] == [case.pk]


def test_a_case_taken_up_again_is_screened_in_a_new_cases_time() -> None:
    factories.room()
    case = factories.accepted_case(now=NOW)
    later = NOW + timedelta(days=30)
    close(case=case, outcome="advice", by=factories.actor(Role.COORDINATOR), now=later)

    again = reopen(case=case, reason="new_event", by=factories.actor(Role.COORDINATOR), now=later)

    assert again.screening_due_at is not None
    assert again.screening_due_at > later
