"""The books are what the case log says: worked out anew, followed anew, however often and in however many runs."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from funding.actions import follow_acceptances, release_expired
from funding.book_audit import differences, differences_from_log
from funding.models import (
    BudgetLine,
    CaseAccount,
    CaseSplit,
    Commitment,
    CommitmentShare,
    FollowedEvent,
    Grant,
)
from privacy import append_only
from referrals.models import Case
from tests.conftest import SCALE
from tests.funding.builders import NOW, accepted, approved, case, commitment, grant, left, started

pytestmark = pytest.mark.django_db

PROVIDERS = ("AHR", "ILCM")
STAGES = ("habeas", "bond", "merits prep", "merits hearing")
KINDS = ("accept", "accept", "stage_started", "stage_started", "transfer", "withdraw", "close")
# What happens to which of three cases, by which provider, with which stage, before or after an appearance.
STEP = st.tuples(
    st.integers(0, 2),
    st.sampled_from(KINDS),
    st.sampled_from(PROVIDERS),
    st.sampled_from(STAGES),
    st.sampled_from(["accepted", "represented"]),
)
HISTORY = st.lists(STEP, min_size=4, max_size=18)
MINUTE = timedelta(minutes=1)


def play(cases: Sequence[Case], history: Sequence[Any], *, runs_after: set[int]) -> None:
    """Writes the history into the log, one step a minute; money follows after the steps named."""
    for number, (which, kind, provider, stage, from_state) in enumerate(history, start=1):
        at = NOW + number * MINUTE
        if kind == "accept":
            accepted(cases[which], provider=provider, at=at)
        elif kind == "stage_started":
            started(cases[which], stage, provider=provider, at=at)
        else:
            left(cases[which], kind, from_state=from_state, at=at)
        if number in runs_after:
            follow_acceptances(now=at)
    follow_acceptances(now=NOW + (len(history) + 1) * MINUTE)


def snapshot() -> dict[str, list[Any]]:
    """All that following decides: promises with their shares, and every counter."""
    shares = CommitmentShare.objects.values_list(
        "grant__name", "commitment__accepted_event", "commitment__stage", "cents"
    )
    rows = Commitment.objects.values_list(
        "case_id",
        "stage",
        "provider__code",
        "cents",
        "state",
        "is_over_cap",
        "accepted_event",
        "committed_at",
        "expires_on",
    )
    return {
        "commitments": sorted(rows),
        "shares": sorted(shares),
        "grants": sorted(Grant.objects.values_list("name", "committed_cents")),
        "cases": sorted(CaseAccount.objects.values_list("case_id", "committed_cents", "cap_cents")),
    }


def forget() -> None:
    """As if nothing had ever been followed."""
    append_only.drop_all(connection)
    FollowedEvent.objects.all().delete()
    append_only.create_all(connection)
    Commitment.objects.all().delete()
    CaseAccount.objects.all().delete()
    Grant.objects.update(committed_cents=0)


def small_fund() -> list[Case]:
    """Two grants too small for everybody, one of them for residents alone, and a case that both carry."""
    small, large = grant(260_001, name="small", ends_on=date(2027, 6, 30)), grant(350_000, name="large")
    cases = [case() for _ in range(3)]
    CaseSplit.objects.bulk_create(
        CaseSplit(case_id=cases[2].pk, case_reference="x", grant=one, percent=part, set_by_user_id=1, set_at=NOW)
        for one, part in ((small, 33), (large, 67))
    )
    return cases


@given(history=HISTORY, runs_after=st.sets(st.integers(1, 18)))
@hypothesis_settings(
    max_examples=SCALE["hypothesis_examples"] // 2, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_followed_anew_from_the_beginning_the_books_are_the_same(history: Sequence[Any], runs_after: set[int]) -> None:
    connection.check_constraints()
    cases = small_fund()
    play(cases, history, runs_after=runs_after)
    before = snapshot()

    assert differences() == []
    assert differences_from_log(NOW + timedelta(hours=1)) == []
    assert follow_acceptances(now=NOW + timedelta(hours=1)) == 0
    connection.check_constraints()
    forget()
    follow_acceptances(now=NOW + timedelta(hours=1))

    assert snapshot() == before
    # The next example starts with other grants: these are over.
    forget()
    CaseSplit.objects.all().delete()
    Grant.objects.update(starts_on=date(2020, 1, 1), ends_on=date(2020, 1, 2))
    connection.check_constraints()
    append_only.drop_all(connection)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM referrals_caseevent")
    append_only.create_all(connection)
    Case.objects.all().delete()


def test_marks_of_followed_events_may_be_lost_without_harm() -> None:
    of = accepted().case
    city = grant()
    started(of, "bond", at=NOW + MINUTE)
    left(of, "transfer", at=NOW + 2 * MINUTE)
    accepted(of, at=NOW + 3 * MINUTE)
    follow_acceptances(now=NOW + 4 * MINUTE)
    before = snapshot()

    append_only.drop_all(connection)
    FollowedEvent.objects.all().delete()
    append_only.create_all(connection)
    follow_acceptances(now=NOW + 5 * MINUTE)

    assert snapshot() == before
    city.refresh_from_db()
    assert city.committed_cents == 340_000


def test_invoices_and_expiry_are_part_of_what_the_log_is_compared_with() -> None:
    grant()
    billed, expired = accepted(at=NOW).case, accepted(at=NOW).case
    follow_acceptances(now=NOW)
    approved(Commitment.objects.get(case_id=billed.pk))
    later = NOW + timedelta(days=400)
    release_expired(now=later)

    assert differences_from_log(later) == []
    assert Commitment.objects.get(case_id=expired.pk).state == "released"


def _more_money() -> None:
    Commitment.objects.update(cents=260_000)


def _without_a_log() -> None:
    commitment(None, case_id=case().pk)


def _forgotten() -> None:
    Commitment.objects.all().delete()


def _given_away() -> None:
    Commitment.objects.update(state="released")


@pytest.mark.parametrize("tampering", [_more_money, _without_a_log, _forgotten, _given_away])
def test_whatever_the_log_does_not_say_is_found(tampering: Any) -> None:
    accepted()
    follow_acceptances(now=NOW)
    account = CaseAccount.objects.get()

    tampering()

    assert differences_from_log(NOW) != []
    # For the fixture that looks at the books after every test.
    Commitment.objects.all().delete()
    CaseAccount.objects.filter(pk__in=[account.pk, *CaseAccount.objects.values_list("pk", flat=True)]).delete()


def test_only_the_demo_has_money_for_cases_that_never_were(settings: Any) -> None:
    commitment(None)

    for is_demo, is_found in ((True, False), (False, True)):
        settings.DEMO = is_demo
        assert bool(differences_from_log(NOW)) == is_found


def _counter() -> None:
    Grant.objects.update(committed_cents=1)


def _share() -> None:
    CommitmentShare.objects.update(cents=249_999)


def _case() -> None:
    CaseAccount.objects.update(committed_cents=1)


@pytest.mark.parametrize("tampering", [_counter, _share, _case])
def test_a_count_that_is_not_its_rows_is_found_and_the_command_fails(tampering: Any, capsys: Any) -> None:
    grant()
    accepted()
    follow_acceptances(now=NOW)
    call_command("audit_books")

    tampering()

    with pytest.raises(CommandError, match="differences"):
        call_command("audit_books")
    Commitment.objects.all().delete()
    CaseAccount.objects.all().delete()
    BudgetLine.objects.all().delete()
    Grant.objects.update(committed_cents=0)
