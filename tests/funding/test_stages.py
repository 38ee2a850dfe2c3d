"""Money follows the stages of a case: each once, released when the case leaves, given up when no invoice comes."""

from datetime import date, timedelta

import pytest

from accounts.roles import Role
from funding.actions import follow_acceptances, prepare_invoice, release_expired
from funding.models import (
    AgreementPrice,
    Commitment,
    CommitmentState,
    FollowedEvent,
    MoneyRule,
)
from referrals.actions import close, start_stage, transfer
from referrals.actions.endings import Outcome
from referrals.models import Case, CaseEvent, OfferState
from tests import factories
from tests.funding.builders import (
    NOW,
    accepted,
    agreement,
    case,
    grant,
    left,
    staff,
    started,
    submitted,
    wanted,
)

LATER = NOW + timedelta(hours=1)

pytestmark = pytest.mark.django_db


def states() -> list[tuple[str, str, str]]:
    rows = Commitment.objects.order_by("committed_at", "stage")
    return list(rows.values_list("provider__code", "stage", "state"))


def test_a_stage_begun_through_the_action_is_committed_once_at_its_own_price() -> None:
    grant()
    factories.room()
    made = factories.accepted_case(now=NOW)
    offer = made.offers.get(state=OfferState.ACCEPTED)
    start_stage(case=made, stage="merits prep", by=factories.staff_of(offer), now=LATER)

    assert [follow_acceptances(now=LATER) for _ in range(3)] == [2, 0, 0]

    assert list(Commitment.objects.order_by("committed_at").values_list("stage", "cents")) == [
        ("habeas", 250_000),
        ("merits prep", 250_000),
    ]
    kinds = dict(CaseEvent.objects.values_list("pk", "kind"))
    assert {kinds[one.accepted_event] for one in Commitment.objects.all()} == {"stage_started"}


def test_a_stage_that_no_case_type_begins_with_has_a_price() -> None:
    grant()
    started(case("REM-ND"), "merits hearing", case_type="REM-ND")

    assert follow_acceptances(now=NOW) == 1
    assert Commitment.objects.get().cents == 150_000


def test_the_providers_agreement_counts_before_the_list_and_only_for_it() -> None:
    grant()
    AgreementPrice.objects.create(agreement=agreement("AHR"), stage="habeas", cents=260_000)
    for provider in ("AHR", "VLN"):
        started(case(), "habeas", provider=provider)

    follow_acceptances(now=NOW)

    assert dict(Commitment.objects.values_list("provider__code", "cents")) == {"AHR": 260_000, "VLN": 250_000}


def test_what_leaves_is_the_promise_to_the_provider_that_had_the_case_and_to_no_other() -> None:
    grant()
    event = accepted(at=NOW)
    left(event.case, "transfer", from_state="represented", at=NOW + timedelta(minutes=5))
    accepted(event.case, provider="ILCM", at=NOW + timedelta(minutes=10))
    left(event.case, "withdraw", at=LATER)

    follow_acceptances(now=LATER)

    assert states() == [("AHR", "habeas", "open"), ("ILCM", "habeas", "released")]


def test_a_provider_that_takes_the_case_again_has_all_its_stages_promised_again() -> None:
    city = grant()
    event = accepted(at=NOW)
    started(event.case, "bond", at=NOW + timedelta(minutes=1))
    left(event.case, "transfer", at=NOW + timedelta(minutes=5))
    follow_acceptances(now=NOW + timedelta(minutes=6))
    assert {state for _provider, _stage, state in states()} == {CommitmentState.RELEASED}
    accepted(event.case, at=LATER)

    follow_acceptances(now=LATER)

    assert {state for _provider, _stage, state in states()} == {CommitmentState.OPEN}
    city.refresh_from_db()
    assert city.committed_cents == 250_000 + 90_000


@pytest.mark.parametrize("in_one_run", [True, False])
def test_what_a_case_gives_back_goes_to_who_waits_and_not_to_who_comes_after(in_one_run: bool) -> None:
    """However many events a run happens to follow: else the same log would lead to other grants."""
    grant(250_000)
    gone, waits = accepted(at=NOW), accepted(at=NOW + timedelta(minutes=1))
    left(gone.case, "transfer", at=NOW + timedelta(minutes=2))
    if not in_one_run:
        follow_acceptances(now=NOW + timedelta(minutes=3))
    comes = accepted(at=LATER)

    follow_acceptances(now=LATER)

    states = dict(Commitment.objects.values_list("accepted_event", "state"))
    assert (states[waits.pk], states[comes.pk]) == (CommitmentState.OPEN, CommitmentState.UNFUNDED)


def test_what_is_on_an_invoice_is_kept_for_it_when_the_case_leaves() -> None:
    grant()
    event = accepted(at=NOW)
    follow_acceptances(now=NOW)
    submitted(Commitment.objects.get())
    left(event.case, "transfer", at=LATER)

    follow_acceptances(now=LATER)

    assert Commitment.objects.get().state == CommitmentState.OPEN


def test_a_commitment_waits_a_year_for_its_invoice_and_funds_others_then() -> None:
    city = grant(250_000)
    accepted(at=NOW)
    accepted(at=LATER)
    follow_acceptances(now=LATER)
    first = Commitment.objects.earliest("committed_at")
    assert first.expires_on == date(2027, 11, 17)

    assert release_expired(now=NOW + timedelta(days=365)) == 0
    assert release_expired(now=NOW + timedelta(days=366)) == 2

    assert states() == [("AHR", "habeas", "released")] * 2
    city.refresh_from_db()
    assert city.committed_cents == 0


def test_an_expiry_funds_the_next_that_waits() -> None:
    city = grant(250_000)
    first, second = accepted(at=NOW), accepted(at=LATER)
    follow_acceptances(now=LATER)
    Commitment.objects.filter(accepted_event=first.pk).update(expires_on=date(2026, 11, 16))

    assert release_expired(now=LATER) == 1

    assert Commitment.objects.get(accepted_event=second.pk).grant == city
    city.refresh_from_db()
    assert city.committed_cents == 250_000


@pytest.mark.parametrize("kind", ["close", "transfer", "lose_contact"])
def test_an_end_after_an_appearance_leaves_sixty_days_for_the_invoice(kind: str) -> None:
    grant()
    event = accepted(at=NOW)
    left(event.case, kind, from_state="represented", at=LATER)
    follow_acceptances(now=LATER)
    assert Commitment.objects.get().expires_on == date(2027, 1, 16)

    assert release_expired(now=NOW + timedelta(days=60)) == 0
    assert release_expired(now=NOW + timedelta(days=61)) == 1


def test_what_is_on_an_invoice_does_not_expire() -> None:
    grant()
    event = accepted(at=NOW)
    left(event.case, "close", at=LATER)
    follow_acceptances(now=LATER)
    submitted(Commitment.objects.get())

    assert release_expired(now=NOW + timedelta(days=400)) == 0


def test_a_case_closed_through_the_action_is_released_after_its_days() -> None:
    grant()
    factories.room()
    made = factories.accepted_case(now=NOW)
    offer = made.offers.get(state=OfferState.ACCEPTED)
    close(case=made, outcome=next(iter(Outcome)), by=factories.staff_of(offer), now=LATER)

    follow_acceptances(now=LATER)
    assert Commitment.objects.get().state == CommitmentState.OPEN
    release_expired(now=NOW + timedelta(days=61))

    assert Commitment.objects.get().state == CommitmentState.RELEASED


def test_a_case_transferred_through_the_action_is_released_at_once() -> None:
    grant()
    factories.room()
    made = factories.accepted_case(now=NOW)
    transfer(case=made, reason="capacity", by=factories.actor(Role.COORDINATOR), now=LATER)

    follow_acceptances(now=LATER)

    assert Commitment.objects.get().state == CommitmentState.RELEASED


def test_the_rules_are_those_of_the_day() -> None:
    grant()
    MoneyRule.objects.update(valid_to=date(2026, 11, 17))
    MoneyRule.objects.create(
        valid_from=date(2026, 11, 17), case_cap_cents=100, commitment_days=30, days_after_close=5, source="test"
    )
    accepted(at=NOW - timedelta(days=1))
    accepted(at=NOW)

    follow_acceptances(now=NOW)

    rows = Commitment.objects.order_by("committed_at").values_list("expires_on", "is_over_cap")
    assert list(rows) == [(date(2027, 11, 16), False), (date(2026, 12, 17), True)]


def test_an_event_that_arrives_late_makes_no_promise_for_a_case_that_has_left() -> None:
    grant()
    event = accepted(at=NOW)
    left(event.case, "transfer", at=LATER)
    # As if the acceptance had been committed after the run that followed the transfer.
    FollowedEvent.objects.create(event_id=CaseEvent.objects.get(kind="transfer").pk, at=LATER)

    assert follow_acceptances(now=LATER) == 0
    assert not Commitment.objects.exists()


def test_a_case_that_costs_more_than_its_cap_waits_for_an_allowance_and_takes_no_money() -> None:
    city = grant()
    of = accepted().case
    for number, stage in enumerate(["bond", "merits prep", "merits hearing"], start=1):
        started(of, stage, at=NOW + timedelta(minutes=number))

    follow_acceptances(now=LATER)

    # 2,500 + 900 + 2,500 = 5,900; the hearing's 1,500 go above 6,500.
    over = Commitment.objects.get(is_over_cap=True)
    assert (over.stage, over.state) == ("merits hearing", CommitmentState.UNFUNDED)
    city.refresh_from_db()
    assert city.committed_cents == 590_000


def test_cases_are_never_named() -> None:
    grant()
    of = accepted().case
    follow_acceptances(now=NOW)
    made = Commitment.objects.get()

    invoice = prepare_invoice(wanted=[wanted(made)], by=staff(), now=NOW)

    assert invoice.lines.get().case_reference == Case.objects.get(pk=of.pk).reference
