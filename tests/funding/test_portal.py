"""Releases as their readers see them: roles × pages × editions, and what a page costs."""

import re
from datetime import date
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.roles import MEMBER_ROLES, Role
from funding import release_reads
from funding.actions import award_grant
from funding.models import ReleaseDocument
from tests.factories import client_of, member, organization
from tests.funding.builders import FINANCE, NOW, grant
from tests.funding.portal.stored import FORMATS, release

pytestmark = pytest.mark.django_db

INDEX = "/funders/"
ONE = "/funders/2026Q3/"
YEAR = "/funders/years/2026/"
PUBLIC_FILE = "/funders/2026Q3/report.csv"
OWN_FILE = "/funders/2026Q3/editions/city.csv"
OTHERS_FILE = "/funders/2026Q3/editions/mpls-foundation.csv"
MAIL = "/funders/mail/"

READERS = {Role.FUNDER, Role.FINANCE, Role.AUDITOR, Role.APPROVER}
OFFICE = READERS - {Role.FUNDER}
# Who gets 200 (302 of the one that posts); other readers 404, everybody else 403. The funder is the City's.
OPENS: dict[str, set[Role]] = {
    INDEX: READERS,
    ONE: READERS,
    YEAR: READERS,
    PUBLIC_FILE: READERS,
    OWN_FILE: READERS,
    OTHERS_FILE: OFFICE,
    MAIL: {Role.FUNDER},
}


@pytest.fixture
def two_funders() -> None:
    """A release with the editions of two funders."""
    for slug in ("city", "mpls-foundation"):
        organization(slug)
    release(editions=("", "city", "mpls-foundation"))


@pytest.fixture
def city(two_funders: None) -> Client:
    return client_of(member(Role.FUNDER, "city"))


def ask(client: Client, path: str) -> HttpResponse:
    answer: Any = client.post(path, {"wanted": "no"}) if path == MAIL else client.get(path)
    return answer


@pytest.mark.parametrize("role", MEMBER_ROLES)
@pytest.mark.parametrize("path", OPENS)
def test_a_page_or_file_opens_for_its_readers_and_no_other(path: str, role: Role, two_funders: None) -> None:
    status = ask(client_of(member(role)), path).status_code

    if role in OPENS[path]:
        assert status == (302 if path == MAIL else 200)
    else:
        assert status == (404 if path == OTHERS_FILE and role in READERS else 403)


@pytest.mark.parametrize("path", OPENS)
def test_a_stranger_is_sent_to_the_sign_in_page(path: str, two_funders: None) -> None:
    answer = ask(Client(), path)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/staff/sign-in/")


def without_what_differs(answer: Any, *words: str) -> bytes:
    """The body and headers without the page's own token and the words of its own address."""
    body = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]*"', b"", answer.content)
    for word in words:
        body = body.replace(word.encode(), b"")
    headers = {name: value for name, value in answer.items() if name != "Content-Length"}
    return body + repr(sorted(headers.items())).encode() + str(answer.status_code).encode()


@pytest.mark.parametrize("file_format", FORMATS)
def test_another_funders_edition_is_as_one_that_does_not_exist(city: Client, file_format: str) -> None:
    theirs = city.get(f"/funders/2026Q3/editions/mpls-foundation.{file_format}")
    nobodys = city.get(f"/funders/2026Q3/editions/no-such-funder.{file_format}")

    assert theirs.status_code == 404
    assert without_what_differs(theirs, "mpls-foundation") == without_what_differs(nobodys, "no-such-funder")


@pytest.mark.parametrize("path", [INDEX, ONE, YEAR, "/funders/?page=2", "/funders/2026Q2/"])
def test_whether_another_funder_exists_changes_no_page_of_a_funders(path: str) -> None:
    """The same installation with the other funder's organization and editions, and without: the same bytes."""
    organization("city")
    release("2026Q2", editions=("", "city"))
    release(editions=("", "city"))
    client = client_of(member(Role.FUNDER, "city"))
    alone = without_what_differs(client.get(path))

    organization("mpls-foundation")
    member(Role.FUNDER, "mpls-foundation")
    copied = ReleaseDocument.objects.filter(edition="city")
    ReleaseDocument.objects.bulk_create(
        ReleaseDocument(
            release=one.release,
            edition="mpls-foundation",
            format=one.format,
            content=bytes(one.content).replace(b"city", b"mpls-foundation"),
            sha256=one.sha256,
        )
        for one in copied
    )

    assert without_what_differs(client.get(path)) == alone


def test_a_funder_without_an_edition_of_its_own_sees_the_publics(two_funders: None) -> None:
    organization("third")
    client = client_of(member(Role.FUNDER, "third"))

    page = client.get(ONE).content.decode()

    assert "Your own grants" not in page
    assert "editions/" not in page
    assert client.get("/funders/2026Q3/editions/third.csv").status_code == 404


def test_a_funders_page_has_its_own_row_and_no_others(city: Client) -> None:
    page = city.get(ONE).content.decode()

    assert "Your own grants" in page
    assert "$60,000" in page
    assert "/funders/2026Q3/editions/city.pdf" in page
    assert "mpls-foundation" not in page
    assert "Minneapolis Foundation" not in page


def test_the_funds_office_has_every_edition_to_download_and_no_own_table(two_funders: None) -> None:
    page = client_of(member(Role.FINANCE)).get(ONE).content.decode()

    assert "editions/city.pdf" in page
    assert "editions/mpls-foundation.pdf" in page
    assert "Your own grants" not in page


@pytest.mark.parametrize(
    ("file_format", "content_type"),
    [
        ("json", "application/json"),
        ("csv", "text/csv; charset=utf-8"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("pdf", "application/pdf"),
    ],
)
@pytest.mark.parametrize("edition", ["", "city"])
def test_a_download_is_the_stored_bytes_under_a_neutral_name(
    city: Client, edition: str, file_format: str, content_type: str
) -> None:
    place = f"editions/{edition}" if edition else "report"

    answer = city.get(f"{ONE}{place}.{file_format}")

    stored = ReleaseDocument.objects.get(edition=edition, format=file_format)
    assert answer.content == bytes(stored.content)
    assert answer["Content-Type"] == content_type
    assert answer["Content-Disposition"] == f'attachment; filename="report-2026Q3.{file_format}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    head: Any = city.head(f"{ONE}{place}.{file_format}")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/funders/2026Q1/",
        "/funders/nonsense/",
        "/funders/2026Q3/report.exe",
        "/funders/2026Q1/report.csv",
        "/funders/2026Q3/editions/city.exe",
        "/funders/years/2025/",
        "/funders/years/99999/",
    ],
)
def test_what_is_not_there_is_not_found(city: Client, path: str) -> None:
    assert city.get(path).status_code == 404


def test_the_index_shows_the_newest_release_and_leads_to_the_others(city: Client) -> None:
    release("2026Q4", level="margins")

    page = city.get(INDEX).content.decode()

    assert page.index("2026Q4, the newest") < page.index("All quarters") < page.index('href="/funders/2026Q3/"')
    assert "only totals could be shown" in page
    assert 'href="/funders/years/2026/"' in page


def test_a_quarter_with_nothing_says_so_and_has_no_downloads(city: Client) -> None:
    release("2026Q4", level="nothing")

    page = city.get("/funders/2026Q4/").content.decode()

    assert "Too little happened in this quarter" in page
    assert "report.csv" not in page
    assert "at least" in city.get(YEAR).content.decode()


def test_before_the_first_release_the_page_says_so() -> None:
    page = client_of(member(Role.FUNDER)).get(INDEX).content.decode()

    assert "No quarter has been published yet." in page
    assert client_of(member(Role.FUNDER)).get(YEAR).status_code == 404


def test_the_definitions_of_the_file_are_on_the_page(city: Client) -> None:
    page = city.get(ONE).content.decode()

    for table in ("steps", "outcomes", "money", "places"):
        assert f"What {table} counts." in page


def test_a_figure_is_drawn_beside_the_table_that_says_it(city: Client) -> None:
    page = city.get(ONE).content.decode()

    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == 5
    for drawing in drawings:
        name = re.search(r'aria-labelledby="(\S+)-title \1-desc"', drawing)
        assert name
        assert f'<title id="{name[1]}-title">' in drawing
        assert f'<desc id="{name[1]}-desc">' in drawing
        assert ("url(#" in drawing) == ("withheld" in drawing)
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    # What the policy of the pages forbids.
    assert " style=" not in page
    assert "<style" not in page


def test_words_of_a_file_are_no_markup(city: Client) -> None:
    stored = ReleaseDocument.objects.get(edition="", format="json")
    evil = bytes(stored.content).replace(b"What money counts.", b"<script>alert(1)</script>")
    release("2026Q4", editions=())
    from funding.models import Release

    newest = Release.objects.get(quarter="2026Q4")
    ReleaseDocument.objects.create(release=newest, edition="", format="json", content=evil, sha256="0" * 64)

    page = city.get("/funders/2026Q4/").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_money_in_is_what_the_ledger_says_was_awarded() -> None:
    grant(4_000_000, name="City")
    award_grant(
        funder=organization("mpls-foundation"),
        name="Foundation",
        award_cents=1_000_001,
        starts_on=date(2026, 7, 1),
        ends_on=date(2027, 6, 30),
        by=FINANCE,
        now=NOW,
    )
    grant(600_000, name="Pool", kind="bond_pool")

    told = release_reads.awards(2026)

    assert (told.program, told.bonds, told.total) == (5_000_001, 600_000, 5_600_001)
    assert release_reads.awards(2026, "mpls-foundation").total == 1_000_001
    assert release_reads.awards(2025).total == 0


def test_an_award_that_was_reversed_is_taken_off() -> None:
    from funding import ledger
    from funding.models import JournalEntry

    grant(4_000_000)
    ledger.reverse(JournalEntry.objects.get(), on=date(2026, 3, 1), by=FINANCE, now=NOW)

    assert release_reads.awards(2026).total == 0


def test_the_year_adds_its_quarters_and_says_what_was_measured(city: Client) -> None:
    grant(4_000_000)
    release("2026Q2", editions=("", "city"))

    page = city.get(YEAR).content.decode()

    assert "$190,000" in page
    assert "$120,000" in page, "of the City's own rows"
    assert "$40,000" in page, "money in"
    assert "Not published yet: 2026Q1, 2026Q4" in page
    assert "manage.py simulate" in page


@pytest.mark.parametrize("quarters", [1, 30])
@pytest.mark.parametrize("path", [INDEX, "/funders/2026Q4/", YEAR, "/funders/2026Q4/report.csv"])
def test_a_page_costs_the_same_few_queries_however_many_quarters(
    quarters: int, path: str, django_assert_max_num_queries: Any
) -> None:
    organization("city")
    last = 2026 * 4 + 3
    for number in range(last - quarters + 1, last + 1):
        release(f"{number // 4}Q{number % 4 + 1}", editions=("", "city"))
    client = client_of(member(Role.FUNDER, "city"))
    client.get(path)

    with django_assert_max_num_queries(14) as counted:
        answer = client.get(path)

    assert answer.status_code == 200
    COSTS.setdefault(path, set()).add(len(counted))
    assert len(COSTS[path]) == 1, "more history costs more queries"
    assert len(answer.content) < 60_000


COSTS: dict[str, set[int]] = {}


def test_the_list_of_quarters_is_a_page_long(city: Client) -> None:
    for number in range(2000 * 4, 2000 * 4 + 30):
        release(f"{number // 4}Q{number % 4 + 1}")

    page = city.get(INDEX).content.decode()

    assert len(set(re.findall(r'href="/funders/(\d{4}Q\d)/"', page))) == release_reads.RELEASES_A_PAGE
    assert "Page 1 of 3" in page
    second = city.get(f"{INDEX}?page=2").content.decode()
    assert "the newest" not in second.split("<table")[0]
    assert "2004Q" in second
