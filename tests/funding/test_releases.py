"""A quarter is published once, after it is over, in order, and is the same bytes for ever."""

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection

from accounts.roles import Actor, Role
from funding import ledger, selectors
from funding.actions import award_grant, make_release
from funding.models import (
    Account,
    CountedFact,
    Disbursement,
    Grant,
    JournalLine,
    Level,
    Release,
    ReleaseDocument,
)
from funding.policies import RefusedError
from funding.quarters import Quarter
from funding.releases import formats
from funding.releases.documents import Contents, Edition
from funding.releases.freezing import changed
from funding.releases.publish import Document
from funding.releases.reading import read_book
from privacy.append_only import create_all, drop_all
from referrals.models import Case
from tests.factories import organization
from tests.funding.builders import FINANCE, NOW, accepted, case, commitment, grant, paid

APRIL = date(2026, 4, 20)
AUGUST = date(2026, 8, 20)

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> Grant:
    return grant(90_000_000)


def pay(of: Grant, on: date, **counts: int) -> None:
    for code, number in counts.items():
        for _ in range(number):
            paid(of, code=code, paid_on=on, cents=90_000)


def told(release: Release, edition: str = "") -> dict[str, Any]:
    return json.loads(bytes(release.documents.get(edition=edition, format="json").content))


def figures(release: Release, edition: str = "") -> dict[tuple[str, str, str, str], int | None]:
    return {
        (one["table"], one["row"], one["column"], one["measure"]): one["figure"]
        for one in told(release, edition)["figures"]
    }


def in_ledger() -> int:
    expenses = JournalLine.objects.filter(account__in=[Account.PROGRAM_EXPENSE, Account.ADMIN_EXPENSE])
    return sum(line.debit_cents - line.credit_cents for line in expenses)


def test_a_release_shows_the_public_all_money_and_a_funder_its_own(city: Grant) -> None:
    other = organization("foundation")
    pay(city, APRIL, AHR=20, VLN=13)
    theirs = award_grant(
        funder=other,
        name="Foundation 2026",
        award_cents=9_000_000,
        starts_on=date(2026, 1, 1),
        ends_on=date(2027, 1, 1),
        by=FINANCE,
        now=NOW,
    )
    pay(theirs, APRIL, AHR=12, VLN=14)

    release = make_release(quarter="2026Q2", by=FINANCE, now=NOW)

    assert (release.level, release.reasons) == (Level.TABLES, [])
    public, citys, foundations = (figures(release, edition) for edition in ("", "city", "foundation"))
    assert {row for table, row, _, _ in public if table == "money"} == {"all"}
    assert citys.items() - public.items() == {
        (place, figure) for place, figure in citys.items() if place[:2] == ("money", "city")
    }
    assert {row for table, row, _, _ in foundations if table == "money"} == {"all", "foundation"}
    assert public["money", "all", "all", "cents"] == 59 * 90_000
    assert citys["money", "city", "release", "cents"] == 33 * 90_000
    for document in release.documents.exclude(edition="foundation"):
        assert b"oundation" not in bytes(document.content)
    assert {*release.documents.values_list("edition", "format")} == {
        (edition, name) for edition in ("", "city", "foundation") for name in ("csv", "json", "pdf", "xlsx")
    }


def test_a_document_names_quarter_edition_level_and_what_its_tables_mean(city: Grant) -> None:
    pay(city, APRIL, AHR=12)

    body = told(make_release(quarter="2026Q2", by=FINANCE, now=NOW), "city")

    assert (body["quarter"], body["edition"], body["level"], body["median_hours"]) == ("2026Q2", "city", "tables", None)
    assert set(body["definitions"]) == {"money", "places", "steps", "withheld"}


def test_a_funder_with_few_paid_cases_waits_whole_for_the_next_quarter(city: Grant) -> None:
    pay(city, APRIL, AHR=10)

    first = make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    assert not [place for place in figures(first) if place[0] == "money"]
    assert not first.facts.exists()
    pay(city, AUGUST, AHR=3)
    second = make_release(quarter="2026Q3", by=FINANCE, now=NOW)

    assert figures(second)["money", "all", "all", "count"] == 13
    assert second.facts.count() == 13


def test_small_figures_are_in_no_document(city: Grant) -> None:
    pay(city, APRIL, AHR=20)
    for _ in range(7):
        paid(city, code="VLN", paid_on=APRIL, cents=40_001, stage="bond")
        paid(city, code="VLN", paid_on=APRIL, cents=15_000, stage="advice")

    release = make_release(quarter="2026Q2", by=FINANCE, now=NOW)

    shown = figures(release, "city")
    assert shown["money", "city", "advice", "count"] is None
    assert shown["money", "city", "advice", "cents"] is None
    assert shown["money", "city", "release", "cents"] is None
    assert shown["money", "city", "all", "cents"] == in_ledger()
    for document in release.documents.all():
        if document.format != "pdf":
            assert b"105000" not in bytes(document.content)


def test_what_is_released_and_what_waits_is_the_ledger_to_the_cent(city: Grant) -> None:
    grant(90_000_000, name="More", admin_cap_percent=10)
    quarters = {"2026Q1": date(2026, 2, 3), "2026Q2": APRIL, "2026Q3": AUGUST}
    released = 0
    for number, (quarter, day) in enumerate(quarters.items()):
        pay(city, day, AHR=13 + number, VLN=4 + 6 * number)
        paid(city, code="VLN", paid_on=day, cents=12_345 + number, stage="advice")
        if number:
            back = Disbursement.objects.order_by("id")[number]
            ledger.reverse(back.entry, on=day, by=FINANCE, now=NOW)
        # Late: of the first quarter, but recorded when it is released already.
        paid(city, code="AHR", paid_on=date(2026, 2, 4), cents=777)

        release = make_release(quarter=quarter, by=FINANCE, now=NOW)

        shown = figures(release).get(("money", "all", "all", "cents"), 0)
        # Of the first quarter VLN has too few, so that all of it waits.
        assert shown is not None
        assert (shown == 0) == (number == 0)
        released += shown
        facts = set(CountedFact.objects.values_list("fact", flat=True))
        waiting = read_book(Quarter.parse("2026Q4"), facts)
        assert released + sum(one.cents for one in waiting.paid) == in_ledger()
    assert released == in_ledger()


def test_a_payment_recorded_late_is_counted_in_the_next_release_and_revises_none(city: Grant) -> None:
    pay(city, APRIL, AHR=11)
    first = make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    before = [bytes(one.content) for one in first.documents.all()]
    pay(city, APRIL, AHR=5)
    pay(city, AUGUST, AHR=6)

    second = make_release(quarter="2026Q3", by=FINANCE, now=NOW)

    assert [bytes(one.content) for one in Release.objects.get(pk=first.pk).documents.all()] == before
    assert figures(second)["money", "all", "all", "count"] == 11
    assert CountedFact.objects.count() == Disbursement.objects.count() == 22


def test_a_payment_that_came_back_is_taken_from_the_quarter_in_which_it_did(city: Grant) -> None:
    pay(city, APRIL, AHR=12)
    make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    ledger.reverse(Disbursement.objects.order_by("id")[0].entry, on=AUGUST, by=FINANCE, now=NOW)
    pay(city, AUGUST, AHR=20)

    second = make_release(quarter="2026Q3", by=FINANCE, now=NOW)

    assert figures(second)["money", "all", "all", "cents"] == 19 * 90_000


def test_a_fact_is_counted_once(city: Grant) -> None:
    pay(city, APRIL, AHR=11)
    release = make_release(quarter="2026Q2", by=FINANCE, now=NOW)

    with pytest.raises(IntegrityError):
        CountedFact.objects.create(release=release, fact=CountedFact.objects.all()[0].fact)


def opened(number: int, at: datetime) -> list[Case]:
    return [case(at=at) for _ in range(number)]


def test_cases_that_changed_or_lost_their_log_since_do_not_change_what_a_later_release_starts_from() -> None:
    cases = opened(30, datetime(2026, 5, 5, 15, tzinfo=UTC))
    first = make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    assert figures(first)["steps", "waiting", "all", "count"] == 30
    Case.objects.filter(pk__in=[one.pk for one in cases[:20]]).update(part_of_city="north", language="so")
    Case.objects.filter(pk__in=[one.pk for one in cases[20:]]).delete()
    opened(40, datetime(2026, 8, 5, 15, tzinfo=UTC))

    second = make_release(quarter="2026Q3", by=FINANCE, now=NOW)

    assert second.level == Level.TABLES
    assert (
        figures(second)["steps", "opened", "all", "count"],
        figures(second)["steps", "waiting", "all", "count"],
    ) == (
        40,
        70,
    )


def test_how_many_waited_is_handed_on_even_where_it_is_withheld() -> None:
    cases = opened(40, datetime(2026, 5, 5, 15, tzinfo=UTC))
    for number, one in enumerate(cases[:35]):
        accepted(one, provider=("AHR", "VLN")[number % 2], at=datetime(2026, 5, 6, 15, tzinfo=UTC))
    first = make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    assert figures(first)["steps", "waiting", "all", "count"] is None
    opened(40, datetime(2026, 8, 5, 15, tzinfo=UTC))

    second = make_release(quarter="2026Q3", by=FINANCE, now=NOW)

    # Forty more wait. To say so and that forty were opened would tell the five.
    assert {*first.links.values_list("waiting", flat=True)} == {5}
    assert None in (figures(second)["steps", step, "all", "count"] for step in ("opened", "waiting"))


def test_the_median_of_hours_is_on_the_page_of_steps() -> None:
    for number, one in enumerate(opened(40, datetime(2026, 5, 5, 15, tzinfo=UTC))):
        accepted(one, provider=("AHR", "VLN")[number % 2], at=datetime(2026, 5, 6, 15, tzinfo=UTC))

    assert told(make_release(quarter="2026Q2", by=FINANCE, now=NOW))["median_hours"] == 24


def test_where_nothing_may_be_shown_nothing_is_counted_and_the_next_release_counts_it(
    city: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay(city, APRIL, AHR=12)
    with monkeypatch.context() as broken:
        broken.setattr("funding.releases.formats.read", lambda document, edition: 1 / 0)
        first = make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    assert (first.level, first.documents.count(), first.facts.count()) == (Level.NOTHING, 0, 0)
    assert first.reasons == ["tables: a document cannot be read", "margins: a document cannot be read"]

    second = make_release(quarter="2026Q3", by=FINANCE, now=NOW)

    assert figures(second)["money", "all", "all", "count"] == 12


def test_a_release_whose_tables_fail_shows_totals_and_says_why(
    city: Grant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = formats.read

    def unreadable_tables(document: Document, edition: Edition) -> Contents:
        if edition.level == Level.TABLES:
            raise EOFError
        return whole(document, edition)

    monkeypatch.setattr("funding.releases.formats.read", unreadable_tables)
    pay(city, APRIL, AHR=20)

    call_command("release", "2026Q2")

    release = Release.objects.get()
    assert release.level == Level.MARGINS
    assert {column for table, _, column, _ in (p for p, f in figures(release).items() if f is not None)} == {"all"}
    assert capsys.readouterr().out.splitlines() == [
        f"2026Q2 margins {release.sha256}",
        "tables: a document cannot be read",
    ]


def test_each_release_is_hashed_with_the_one_before_and_a_change_shows(city: Grant) -> None:
    pay(city, APRIL, AHR=11)
    first = make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    second = make_release(quarter="2026Q3", by=FINANCE, now=NOW)
    assert (first.previous_sha256, second.previous_sha256) == ("", first.sha256)
    for document in first.documents.all():
        assert document.sha256 == hashlib.sha256(bytes(document.content)).hexdigest()
    assert changed() == []

    drop_all(connection)
    document = first.documents.all()[0]
    ReleaseDocument.objects.filter(pk=document.pk).update(content=bytes(document.content) + b" ")
    assert changed() == ["2026Q2"]
    ReleaseDocument.objects.filter(pk=document.pk).update(content=document.content)
    ReleaseDocument.objects.filter(release=second)[0].delete()
    assert changed() == ["2026Q3"]
    Release.objects.filter(pk=first.pk).update(sha256="0" * 64)
    assert changed() == ["2026Q2", "2026Q3"]
    with pytest.raises(CommandError):
        call_command("audit_books")
    create_all(connection)


@pytest.mark.parametrize(
    ("moment", "is_over"),
    [(datetime(2026, 10, 1, 4, 59, tzinfo=UTC), False), (datetime(2026, 10, 1, 5, 0, tzinfo=UTC), True)],
)
def test_a_quarter_is_over_at_midnight_in_minneapolis(moment: datetime, is_over: bool) -> None:
    if is_over:
        make_release(quarter="2026Q3", by=FINANCE, now=moment)
    else:
        with pytest.raises(RefusedError, match="not over"):
            make_release(quarter="2026Q3", by=FINANCE, now=moment)


def test_quarters_are_released_once_and_in_order() -> None:
    make_release(quarter="2025Q4", by=FINANCE, now=NOW)

    with pytest.raises(RefusedError, match="2026Q1 comes first"):
        make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    make_release(quarter="2026Q1", by=FINANCE, now=NOW)
    for old in ("2025Q4", "2026Q1"):
        with pytest.raises(RefusedError, match="already released"):
            make_release(quarter=old, by=FINANCE, now=NOW)


def test_two_who_close_a_quarter_together_make_one_release(monkeypatch: pytest.MonkeyPatch, city: Grant) -> None:
    pay(city, APRIL, AHR=11)
    make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    # The second one looked before the first was done.
    monkeypatch.setattr("funding.actions.releases.check_may_close", lambda *args, **kwargs: None)

    with pytest.raises(RefusedError, match="already released"):
        make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    assert CountedFact.objects.count() == 11


@pytest.mark.parametrize("text", ["", "2026", "2026Q5", "2026q1", "2026Q1 ", "٢٠٢٦Q1", "Q1"])
def test_a_quarter_is_written_one_way(text: str) -> None:
    with pytest.raises(ValueError, match="like 2026Q3"):
        make_release(quarter=text, by=FINANCE, now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.FINANCE, Role.APPROVER, Role.SYSTEM)])
def test_only_the_funds_money_people_publish(role: Role) -> None:
    with pytest.raises(PermissionDenied):
        make_release(quarter="2026Q2", by=Actor(role, user_id=1), now=NOW)


def test_the_command_publishes_or_says_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("release", "2025Q4")
    assert capsys.readouterr().out.startswith("2025Q4 ")
    with pytest.raises(CommandError, match="2026Q1 comes first"):
        call_command("release", "2026Q2")
    with pytest.raises(CommandError, match="like 2026Q3"):
        call_command("release", "last")


def test_the_command_run_again_finds_the_same_bytes_and_says_so(
    city: Grant, capsys: pytest.CaptureFixture[str]
) -> None:
    pay(city, APRIL, AHR=20)
    call_command("release", "2026Q2")
    first = capsys.readouterr()
    documents = {one.pk: bytes(one.content) for one in ReleaseDocument.objects.all()}
    # Late: of the next quarter.
    pay(city, APRIL, AHR=12)

    call_command("release", "2026Q2")

    again = capsys.readouterr()
    assert again.out == first.out
    assert (first.err, "nothing was made again" in again.err) == ("", True)
    assert {one.pk: bytes(one.content) for one in ReleaseDocument.objects.all()} == documents

    drop_all(connection)
    ReleaseDocument.objects.filter(pk=min(documents)).update(content=b"other")
    with pytest.raises(CommandError, match="not what was published"):
        call_command("release", "2026Q2")
    create_all(connection)


@pytest.mark.parametrize(
    ("quarter", "first", "last", "following", "before"),
    [
        ("2026Q1", date(2026, 1, 1), date(2026, 3, 31), "2026Q2", "2025Q4"),
        ("2026Q4", date(2026, 10, 1), date(2026, 12, 31), "2027Q1", "2026Q3"),
    ],
)
def test_quarters_are_the_calendars(quarter: str, first: date, last: date, following: str, before: str) -> None:
    parsed = Quarter.parse(quarter)

    assert (parsed.first_day, parsed.last_day) == (first, last)
    assert (str(parsed.next), str(parsed.previous)) == (following, before)
    assert Quarter.of(first) == Quarter.of(last) == parsed


def test_the_quarter_to_close_is_the_one_after_the_last_release(city: Grant) -> None:
    assert selectors.quarter_to_close(NOW) is None
    pay(city, APRIL, AHR=1)
    offered: list[Any] = []
    while quarter := selectors.quarter_to_close(NOW):
        offered.append(str(quarter))
        make_release(quarter=str(quarter), by=FINANCE, now=NOW)

    assert offered == ["2026Q2", "2026Q3"]
    commitment(city)
