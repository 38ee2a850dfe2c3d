"""Many at once on PostgreSQL: no award exceeded, nothing committed, paid or published twice."""

import threading
from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import F

from funding import ledger
from funding.actions import follow_acceptances, make_release, record_disbursement
from funding.models import Commitment, CommitmentState, Disbursement, Grant, Release, ReleasedDisbursement
from funding.policies import RefusedError
from referrals.models import CaseEvent
from tests.funding.builders import FINANCE, NOW, accepted, commitment, grant, paid

LATER = NOW + timedelta(hours=1)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def _together(number: int, work: Callable[[int], object]) -> list[BaseException]:
    """Run `work` in so many threads at once; returns what they raised."""
    start = threading.Barrier(number)
    failures: list[BaseException] = []

    def run(index: int) -> None:
        try:
            start.wait()
            work(index)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_an_award_is_never_exceeded_by_many_at_once(scale: Mapping[str, int]) -> None:
    assert connection.vendor == "postgresql"
    threads = scale["race_threads"]
    city = grant(5 * 250_000 + 249_999)
    events = [accepted(at=NOW + timedelta(seconds=number)) for number in range(threads)]

    assert _together(threads, lambda _index: follow_acceptances(now=LATER)) == []

    city.refresh_from_db()
    assert city.committed_cents == 5 * 250_000
    assert Commitment.objects.filter(state=CommitmentState.OPEN, grant=city).count() == 5
    assert Commitment.objects.filter(state=CommitmentState.UNFUNDED).count() == threads - 5
    assert CaseEvent.objects.count() == Commitment.objects.count() == len(events)


def test_negative_control_without_the_guard_the_same_race_exceeds_the_award(scale: Mapping[str, int]) -> None:
    """Reading, deciding and writing apart, with the CHECK gone: if this does not overdraw, the race proves nothing."""
    assert connection.vendor == "postgresql"
    threads = scale["race_threads"]
    city = grant(5 * 250_000)
    read = threading.Barrier(threads)

    def take(_index: int) -> None:
        has_room = Grant.objects.get(pk=city.pk).committed_cents + 250_000 <= city.award_cents
        read.wait()
        if has_room:
            Grant.objects.filter(pk=city.pk).update(committed_cents=F("committed_cents") + 250_000)

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE funding_grant DROP CONSTRAINT grant_never_over_award")
    try:
        assert _together(threads, take) == []
        city.refresh_from_db()
        assert city.committed_cents > city.award_cents
    finally:
        Grant.objects.update(committed_cents=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE funding_grant ADD CONSTRAINT grant_never_over_award CHECK (committed_cents <= award_cents)"
            )


def test_a_payment_recorded_by_many_at_once_is_recorded_once(scale: Mapping[str, int]) -> None:
    assert connection.vendor == "postgresql"
    threads = scale["race_threads"]
    made = commitment(grant())

    failures = _together(
        threads,
        lambda _index: record_disbursement(commitment=made, paid_on=date(2026, 11, 17), by=FINANCE, now=NOW),
    )

    assert [type(failure) for failure in failures] == [RefusedError] * (threads - 1)
    assert Disbursement.objects.count() == 1
    assert sum(ledger.trial_balance().values()) == 0


def test_a_quarter_closed_by_many_at_once_is_released_once(scale: Mapping[str, int]) -> None:
    assert connection.vendor == "postgresql"
    threads = scale["race_threads"]
    city = grant()
    for _ in range(11):
        paid(city, code="AHR", paid_on=date(2026, 8, 3))

    failures = _together(threads, lambda _index: make_release(quarter="2026Q3", by=FINANCE, now=NOW))

    assert [type(failure) for failure in failures] == [RefusedError] * (threads - 1)
    assert Release.objects.count() == 1
    assert ReleasedDisbursement.objects.count() == 11
