"""Many at once on PostgreSQL: no award exceeded, nothing committed, paid or published twice."""

import threading
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import F

from accounts.roles import Actor, Role
from funding import ledger
from funding.actions import (
    BadLinesError,
    approve_invoice,
    follow_acceptances,
    make_payment,
    make_release,
    release_expired,
)
from funding.actions.room import place
from funding.approvals import digest_of
from funding.book_audit import differences
from funding.models import (
    Account,
    Approval,
    CaseAccount,
    Commitment,
    CommitmentState,
    CountedFact,
    Disbursement,
    FollowedEvent,
    Grant,
    InvoiceLine,
    InvoiceState,
    JournalEntry,
    PaymentFile,
    Release,
)
from funding.policies import RefusedError
from providers.models import Provider
from referrals.models import CaseEvent
from tests.funding.builders import (
    FINANCE,
    NOW,
    accepted,
    agreement,
    approved,
    commitment,
    draft,
    grant,
    paid,
    submitted,
)

LATER = NOW + timedelta(hours=1)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def together(number: int, work: Callable[[int], object]) -> list[BaseException]:
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


def test_an_award_is_never_exceeded_by_many_that_follow_the_log(scale: Mapping[str, int]) -> None:
    assert connection.vendor == "postgresql"
    threads = scale["race_threads"]
    city = grant(5 * 250_000 + 249_999)
    events = [accepted(at=NOW + timedelta(seconds=number)) for number in range(threads)]

    assert together(threads, lambda _index: follow_acceptances(now=LATER)) == []

    city.refresh_from_db()
    assert city.committed_cents == 5 * 250_000
    first_five = [event.pk for event in events[:5]]
    funded = Commitment.objects.filter(state=CommitmentState.OPEN, grant=city)
    assert set(funded.values_list("accepted_event", flat=True)) == set(first_five)
    assert Commitment.objects.filter(state=CommitmentState.UNFUNDED).count() == threads - 5
    assert CaseEvent.objects.count() == Commitment.objects.count() == FollowedEvent.objects.count() == len(events)


def _unplaced(number: int) -> Commitment:
    """A commitment that nobody has looked for money for."""
    return Commitment(
        case_id=uuid4(),
        case_reference=f"R{number // 1000:02}-{number % 1000:03}",
        provider=Provider.objects.get(code="AHR"),
        stage="habeas",
        cents=250_000,
        accepted_event=uuid4(),
        committed_at=NOW,
    )


def test_of_many_at_once_one_takes_the_last_dollars_and_a_release_gives_them_to_one(scale: Mapping[str, int]) -> None:
    """Two grants have room for three between them."""
    assert connection.vendor == "postgresql"
    threads = scale["commitment_threads"]
    for number in range(scale["commitment_rounds"]):
        first = grant(2 * 250_000 + 100, name=f"first {number}", ends_on=date(2026, 12, 30))
        second = grant(2 * 250_000 - 1, name=f"second {number}", ends_on=date(2026, 12, 31))
        wanting = [_unplaced(number * threads + index) for index in range(threads)]

        def take(index: int, wanting: list[Commitment] = wanting) -> None:
            with transaction.atomic():
                place(wanting[index])

        assert together(threads, take) == []

        held = [one for one in wanting if one.state == CommitmentState.OPEN]
        assert sorted(str(one.grant) for one in held) == [f"first {number}"] * 2 + [f"second {number}"]
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.committed_cents, second.committed_cents) == (500_000, 250_000)

        # All expire at once while others look for money: what is given back is taken again, none is lost.
        Commitment.objects.filter(pk__in=[one.pk for one in held]).update(expires_on=date(2026, 11, 1))
        assert together(8, lambda _index: release_expired(now=NOW)) == []
        open_now = Commitment.objects.filter(state=CommitmentState.OPEN, grant__in=[first, second])
        assert open_now.count() == 3
        assert Commitment.objects.filter(state=CommitmentState.RELEASED, pk__in=[one.pk for one in held]).count() == 3
        assert differences() == []
        # The next round finds nothing of this one.
        Commitment.objects.all().delete()
        CaseAccount.objects.all().delete()
        Grant.objects.update(committed_cents=0, starts_on=date(2020, 1, 1), ends_on=date(2020, 1, 2))


def test_negative_control_without_the_guard_the_same_race_exceeds_the_award(scale: Mapping[str, int]) -> None:
    """Reading, deciding and writing apart, with the CHECK gone: if this does not overdraw, the race proves nothing."""
    assert connection.vendor == "postgresql"
    threads = scale["commitment_threads"]
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
        assert together(threads, take) == []
        city.refresh_from_db()
        assert city.committed_cents > city.award_cents
    finally:
        Grant.objects.update(committed_cents=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE funding_grant ADD CONSTRAINT grant_never_over_award "
                "CHECK (award_cents >= committed_cents + returned_cents)"
            )


def test_an_invoice_paid_by_many_at_once_is_paid_once(scale: Mapping[str, int]) -> None:
    assert connection.vendor == "postgresql"
    threads = scale["race_threads"]
    agreement()
    invoice = approved(commitment(grant()))

    failures = together(
        threads,
        lambda _index: make_payment(invoices=[invoice.pk], pays_on=date(2026, 11, 17), by=FINANCE, now=NOW),
    )

    assert [type(failure) for failure in failures] == [RefusedError] * (threads - 1)
    assert Disbursement.objects.count() == PaymentFile.objects.count() == 1


def test_a_stage_billed_by_many_at_once_is_on_one_invoice(scale: Mapping[str, int]) -> None:
    assert connection.vendor == "postgresql"
    threads = scale["race_threads"]
    made = commitment(grant())

    failures = together(threads, lambda _index: draft(made))

    assert [type(failure) for failure in failures] == [BadLinesError] * (threads - 1)
    assert InvoiceLine.objects.count() == 1


def test_one_side_signs_once_however_many_press_the_button(scale: Mapping[str, int]) -> None:
    assert connection.vendor == "postgresql"
    threads = scale["race_threads"]
    invoice = submitted(commitment(grant()))
    seen = digest_of(invoice)

    failures = together(
        threads,
        lambda index: approve_invoice(invoice=invoice, seen=seen, by=Actor(Role.FINANCE, user_id=100 + index), now=NOW),
    )

    assert [type(failure) for failure in failures] == [RefusedError] * (threads - 1)
    invoice.refresh_from_db()
    assert (invoice.state, Approval.objects.count()) == (InvoiceState.SUBMITTED, 1)


def test_no_posting_slips_into_a_month_that_is_being_closed(scale: Mapping[str, int]) -> None:
    """Whoever posts has either committed before the month was closed, or is refused: the close waits for the others."""
    assert connection.vendor == "postgresql"
    threads = scale["race_threads"]
    city = grant()
    day = date(2026, 10, 5)
    lines = [ledger.Line(Account.CASH, city, debit=1), ledger.Line(Account.NET_ASSETS, city, credit=1)]
    in_closed: list[int] = []

    def work(index: int) -> None:
        if index == 0:
            ledger.close_month(day, by=FINANCE, now=NOW)
            in_closed.append(JournalEntry.objects.filter(posted_on=day).count())
            return
        with transaction.atomic():
            ledger.post(on=day, description="Test", lines=lines, by=FINANCE, now=NOW)

    failures = together(threads, work)

    assert {type(failure) for failure in failures} <= {ledger.ClosedMonthError}
    # Nothing came in after the close had returned.
    assert JournalEntry.objects.filter(posted_on=day).count() == in_closed[0] == threads - 1 - len(failures)


def test_a_quarter_closed_by_many_at_once_is_released_once(scale: Mapping[str, int]) -> None:
    assert connection.vendor == "postgresql"
    threads = scale["race_threads"]
    city = grant()
    for _ in range(11):
        paid(city, code="AHR", paid_on=date(2026, 8, 3))

    failures = together(threads, lambda _index: make_release(quarter="2026Q3", by=FINANCE, now=NOW))

    assert [type(failure) for failure in failures] == [RefusedError] * (threads - 1)
    assert Release.objects.count() == 1
    assert CountedFact.objects.count() == 11
