"""Money follows the case log: once for each acceptance, never above an award."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from accounts.roles import Role
from funding.actions import follow_acceptances
from funding.actions.grants import fund_unfunded
from funding.models import Commitment, CommitmentState, FailedEvent, Grant, StagePrice
from providers.models import Provider
from tests import factories
from tests.factories import member
from tests.funding.builders import NOW, accepted, case, commitment, grant, left

LATER = NOW + timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("case_type", "stage", "cents"),
    [
        ("DET-LOC", "locate", 10_000),
        ("DET-BOND", "bond", 90_000),
        ("DET-HAB", "habeas", 250_000),
        ("ER-CF", "fear interview", 80_000),
        ("U-VISA", "U certification", 40_000),
        ("CANC", "advice", 15_000),
    ],
)
def test_an_acceptance_commits_the_price_of_its_case_type(case_type: str, stage: str, cents: int) -> None:
    city = grant()
    event = accepted(case_type=case_type)

    assert follow_acceptances(now=NOW) == 1

    made = Commitment.objects.get(accepted_event=event.pk)
    assert (made.stage, made.cents, made.state, made.grant) == (stage, cents, CommitmentState.OPEN, city)
    assert (made.case_id, made.case_reference, made.provider.code) == (event.case_id, event.case.reference, "AHR")
    city.refresh_from_db()
    assert city.committed_cents == cents


def test_a_case_accepted_through_the_actions_is_followed() -> None:
    grant()
    factories.room()
    made = factories.accepted_case(now=NOW)

    assert follow_acceptances(now=NOW) == 1
    assert Commitment.objects.get().case_id == made.pk


def test_the_price_is_that_of_the_day_of_acceptance() -> None:
    grant()
    StagePrice.objects.filter(case_type="DET-HAB").update(valid_to=date(2026, 11, 17))
    StagePrice.objects.create(
        case_type="DET-HAB", stage="habeas", cents=300_000, valid_from=date(2026, 11, 17), source="test"
    )
    # The evening before in Minneapolis, the same day in UTC.
    accepted(at=NOW.replace(hour=5))
    accepted(at=NOW)

    follow_acceptances(now=NOW)

    assert list(Commitment.objects.order_by("committed_at").values_list("cents", flat=True)) == [250_000, 300_000]


def test_following_again_commits_nothing_twice() -> None:
    city = grant()
    accepted()

    assert [follow_acceptances(now=NOW) for _ in range(3)] == [1, 0, 0]
    city.refresh_from_db()
    assert city.committed_cents == 250_000


def test_a_second_acceptance_of_the_same_stage_by_the_same_provider_commits_nothing() -> None:
    grant()
    event = accepted()
    accepted(event.case, at=LATER)

    assert follow_acceptances(now=LATER) == 1


def test_the_grant_that_ends_first_and_covers_the_day_is_used_while_it_has_room() -> None:
    long = grant(name="long", ends_on=date(2027, 12, 31))
    short = grant(250_000, name="short", ends_on=date(2026, 12, 31))
    grant(name="over", ends_on=date(2026, 11, 16))
    accepted(at=NOW)
    accepted(at=LATER)

    follow_acceptances(now=LATER)

    assert [one.grant for one in Commitment.objects.order_by("committed_at")] == [short, long]


def test_without_room_the_acceptance_stands_and_the_commitment_is_unfunded() -> None:
    city = grant(250_000)
    accepted(at=NOW)
    accepted(at=LATER)
    accepted(at=LATER)

    assert follow_acceptances(now=LATER) == 3

    city.refresh_from_db()
    assert city.committed_cents == 250_000
    assert Commitment.objects.filter(state=CommitmentState.UNFUNDED, grant=None).count() == 2


def test_the_mail_to_finance_names_no_case(django_capture_on_commit_callbacks: Any) -> None:
    finance = member(Role.FINANCE)
    member(Role.APPROVER)
    events = [accepted(), accepted()]

    with django_capture_on_commit_callbacks(execute=True):
        follow_acceptances(now=NOW)

    (message,) = mail.outbox
    assert message.to == [finance.email]
    assert "2" in message.body
    assert not any(event.case.reference in message.body for event in events)


def test_a_failing_mail_server_loses_no_commitment(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    member(Role.FINANCE)
    accepted()

    def refuse(*args: object) -> None:
        raise OSError("no mail server")

    monkeypatch.setattr("funding.actions.following.send_mail", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        assert follow_acceptances(now=NOW) == 1
    assert Commitment.objects.count() == 1


def test_a_new_grant_funds_what_was_unfunded_oldest_first(django_capture_on_commit_callbacks: Any) -> None:
    second, first = accepted(at=LATER), accepted(at=NOW)
    follow_acceptances(now=LATER)

    with django_capture_on_commit_callbacks(execute=True):
        new = grant(300_000)

    funded = Commitment.objects.get(state=CommitmentState.OPEN)
    assert (funded.accepted_event, funded.grant) == (first.pk, new)
    assert Commitment.objects.get(state=CommitmentState.UNFUNDED).accepted_event == second.pk
    new.refresh_from_db()
    assert new.committed_cents == 250_000


def test_funding_again_takes_room_once() -> None:
    commitment(None)
    city = grant()

    assert [fund_unfunded(), fund_unfunded()] == [1, 0]
    city.refresh_from_db()
    assert city.committed_cents == 250_000


LEAVING = ["transfer", "withdraw", "mark_duplicate", "lose_contact", "screen_out"]


@pytest.mark.parametrize("kind", LEAVING)
@pytest.mark.parametrize("in_one_run", [True, False])
def test_a_case_that_leaves_before_an_appearance_releases_its_money_to_others(kind: str, in_one_run: bool) -> None:
    city = grant(250_000)
    gone = accepted(at=NOW)
    waiting = accepted(at=NOW + timedelta(minutes=1))
    if not in_one_run:
        follow_acceptances(now=NOW)
    left(gone.case, kind, at=LATER)

    follow_acceptances(now=LATER)
    follow_acceptances(now=LATER)

    assert Commitment.objects.get(accepted_event=gone.pk).state == CommitmentState.RELEASED
    assert Commitment.objects.get(accepted_event=waiting.pk).state == CommitmentState.OPEN
    city.refresh_from_db()
    assert city.committed_cents == 250_000


@pytest.mark.parametrize(
    ("kind", "from_state"),
    [("close", "accepted"), ("close", "represented"), ("transfer", "represented"), ("withdraw", "represented")],
)
def test_work_that_was_done_stays_committed(kind: str, from_state: str) -> None:
    grant()
    event = accepted()
    follow_acceptances(now=NOW)
    left(event.case, kind, from_state=from_state, at=LATER)

    follow_acceptances(now=LATER)

    assert Commitment.objects.get().state == CommitmentState.OPEN


def test_a_payment_outlives_a_transfer() -> None:
    grant()
    event = accepted()
    follow_acceptances(now=NOW)
    Commitment.objects.update(state=CommitmentState.PAID)
    left(event.case, "transfer", at=LATER)

    follow_acceptances(now=LATER)

    assert Commitment.objects.get().state == CommitmentState.PAID


def test_the_new_provider_of_a_transferred_case_gets_a_commitment_of_its_own() -> None:
    grant()
    event = accepted(at=NOW)
    left(event.case, "transfer", at=NOW + timedelta(minutes=5))
    accepted(event.case, provider="ILCM", at=LATER)

    assert follow_acceptances(now=LATER) == 2

    states = Commitment.objects.order_by("committed_at").values_list("provider__code", "state")
    assert list(states) == [("AHR", "released"), ("ILCM", "open")]


@pytest.mark.parametrize("in_one_run", [True, False])
def test_a_provider_that_accepts_again_after_a_release_gets_its_commitment_back(in_one_run: bool) -> None:
    city = grant()
    event = accepted(at=NOW)
    if not in_one_run:
        follow_acceptances(now=NOW)
    left(event.case, "transfer", at=NOW + timedelta(minutes=5))
    if not in_one_run:
        follow_acceptances(now=NOW)
    again = accepted(event.case, at=LATER)

    follow_acceptances(now=LATER)
    assert follow_acceptances(now=LATER) == 0

    made = Commitment.objects.get()
    assert (made.state, made.accepted_event, made.committed_at) == (CommitmentState.OPEN, again.pk, LATER)
    city.refresh_from_db()
    assert city.committed_cents == 250_000


def test_an_event_that_cannot_be_followed_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    grant()
    broken = accepted(provider="NOBODY")
    accepted(at=LATER)

    assert follow_acceptances(now=LATER) == 1
    assert str(broken.pk) in caplog.text


def test_an_event_that_failed_is_tried_until_it_is_followed_however_old_it_is() -> None:
    grant()
    broken = accepted(provider="NOBODY")
    assert follow_acceptances(now=NOW) == 0
    accepted(at=NOW + timedelta(days=30))
    assert follow_acceptances(now=NOW + timedelta(days=30)) == 1
    assert FailedEvent.objects.get().pk == broken.pk
    Provider.objects.filter(code="ILCM").update(code="NOBODY")

    assert follow_acceptances(now=NOW + timedelta(days=31)) == 1

    assert Commitment.objects.filter(accepted_event=broken.pk).exists()
    assert not FailedEvent.objects.exists()


@pytest.mark.parametrize("history", [5, 60])
def test_the_cost_does_not_grow_with_history(history: int, django_assert_num_queries: Any) -> None:
    grant()
    for day in range(history):
        accepted(at=NOW - timedelta(days=200 - day))
    follow_acceptances(now=NOW)
    accepted(at=NOW)
    follow_acceptances(now=NOW)

    # The newest commitment, what failed, and the week's events.
    with django_assert_num_queries(3) as queries:
        assert follow_acceptances(now=NOW) == 0
    assert '"at" >=' in queries[2]["sql"]


def test_a_stamp_from_the_future_hides_no_later_acceptance() -> None:
    grant()
    accepted(at=NOW + timedelta(days=400))
    follow_acceptances(now=NOW)
    accepted(at=LATER)

    assert follow_acceptances(now=LATER) == 1


def test_what_was_missed_in_a_long_outage_is_followed() -> None:
    grant()
    accepted(at=NOW - timedelta(days=90))
    follow_acceptances(now=NOW - timedelta(days=90))
    accepted(at=NOW - timedelta(days=60))

    assert follow_acceptances(now=NOW) == 1


def test_the_database_refuses_a_grant_above_its_award() -> None:
    city = grant(100)

    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=city.pk).update(committed_cents=101)


def test_a_case_without_an_acceptance_commits_nothing() -> None:
    grant()
    left(case(), "transfer", at=NOW)

    assert follow_acceptances(now=NOW) == 0
