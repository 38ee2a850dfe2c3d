"""All that the operator can read is the published list, and nothing of a family is in it."""

from io import StringIO

import pytest
from django.db import connection
from django.utils import timezone

from config.drills import subpoena
from config.drills.identities import people
from config.drills.search import Search
from intake.demo import ANSWERS, file_request
from privacy.exports import export
from referrals.models import CoordinatorTask


@pytest.mark.django_db(transaction=True)
def test_an_export_of_everything_is_exactly_the_published_list() -> None:
    lines: list[str] = []

    assert subpoena.run(2, lines.append), "\n".join(lines)


@pytest.mark.django_db
def test_nothing_a_family_typed_is_in_the_export() -> None:
    identities = people(3)
    cases = [
        file_request(
            ANSWERS
            | {"place": "whipple"}
            | {name: value for page in ("you", "person", "contact") for name, value in one.answers()[page].items()}
            | {"text_language": "en"},
            language="en",
            now=timezone.now(),
        )
        for one in identities
    ]
    search = Search(word for one in identities for word in one.words())
    to = StringIO()

    rows = export([case.pk for case in cases], to)

    assert rows > 20
    assert search.found_in(to.getvalue().encode()) == set()
    _, hits = subpoena.everything(search)
    assert hits == set()


@pytest.mark.django_db
def test_a_column_that_is_not_published_is_told() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE referrals_case ADD COLUMN remarks text")
        cursor.execute("CREATE TABLE copy_for_later (name text)")

    found, _ = subpoena.everything(Search(["Kanarwex"]))
    unpublished, missing = subpoena.compared(found)

    assert unpublished == {("default", "referrals_case", "remarks"), ("default", "copy_for_later", "name")}
    assert missing == set()


@pytest.mark.django_db
def test_a_published_column_that_is_gone_is_told() -> None:
    found, _ = subpoena.everything(Search(["Kanarwex"]))

    unpublished, missing = subpoena.compared(found - {("keys", "privacy_wrappedkey", "wrapped")})

    assert unpublished == set()
    assert missing == {("keys", "privacy_wrappedkey", "wrapped")}


@pytest.mark.django_db
def test_a_word_of_a_family_in_a_readable_column_is_told() -> None:
    identity = people(1)[0]
    case = file_request(
        ANSWERS
        | {"phone": identity.phone, "caller_name": identity.caller_name, "place": "whipple", "text_language": "en"},
        language="en",
        now=timezone.now(),
    )
    CoordinatorTask.objects.create(case=case, kind=identity.names[:20], opened_at=timezone.now(), due_at=timezone.now())

    _, hits = subpoena.everything(Search(identity.words()))

    assert {column for column, _ in hits} == {("default", "referrals_coordinatortask", "kind")}
