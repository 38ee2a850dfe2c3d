"""Advice for whoever wants nothing but advice: nothing asked, nothing kept, numbers that answer."""

import re

import pytest
from django.conf import settings
from django.test import Client

from intake.advice import SITUATIONS
from intake.phones import AHR, CITY_LINES, COURT, ILCM, MMLA, ORR, VLN
from tests.conftest import BROKER
from tests.intake.family import text
from tests.intake.test_gate import rows
from web.templatetags.site import dialable

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _name in settings.LANGUAGES]
PATHS = ["advice/", *(f"advice/{situation.name}/" for situation in SITUATIONS)]
# What a legal date looks like in plain words: "30 days", "within two weeks", "5 working days".
LEGAL_DATE = re.compile(
    r"\b(\d+|two|three|five|ten|thirty) (working |business )?(days|weeks|months|years|hours)\b", re.IGNORECASE
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_advice_asks_nothing_sets_no_cookie_and_writes_no_row(language: str, path: str) -> None:
    before, in_redis = rows(), everything_in_redis()
    client = Client()

    response = client.get(f"/{language}/{path}")

    assert response.status_code == 200
    assert not response.cookies
    assert "<input" not in text(response)  # type: ignore[arg-type]
    assert client.post(f"/{language}/{path}", {"names": "Testigo"}).status_code == 405
    assert not client.cookies
    assert rows() == before
    assert everything_in_redis() == in_redis


def everything_in_redis() -> dict[bytes, bytes | None]:
    """Every key of cache and broker with what it holds, as Redis itself would write it out."""
    return {key: BROKER.dump(key) for key in BROKER.scan_iter()}


def test_the_look_at_redis_notices_what_is_kept_there() -> None:
    """The control: a code that is tried is counted there."""
    before = everything_in_redis()

    Client().post("/en/status/", {"code": "0000 0000 00000"})

    assert everything_in_redis() != before


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_start_page_leads_to_every_advice_in_two_taps(language: str) -> None:
    assert f'href="/{language}/advice/"' in Client().get(f"/{language}/").content.decode()

    shown = Client().get(f"/{language}/advice/").content.decode()

    for situation in SITUATIONS:
        assert f'href="/{language}/advice/{situation.name}/"' in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_each_advice_gives_its_numbers_and_the_citys_in_the_language(language: str, situation: object) -> None:
    name = situation.name  # type: ignore[attr-defined]
    shown = Client().get(f"/{language}/advice/{name}/").content.decode()

    for line in situation.lines:  # type: ignore[attr-defined]
        assert f'href="tel:{dialable(line.phone)}"' in shown
    # The City's line is for who lives in the city.
    assert (CITY_LINES[language] in shown) is (name != "outside")
    assert "612-637" not in shown


def test_the_numbers_are_those_that_answer() -> None:
    assert (AHR.phone, ILCM.phone, MMLA.phone) == ("612-341-9845", "651-641-1011", "612-334-5970")
    assert (VLN.phone, ORR.phone, COURT.phone) == ("612-752-6677", "800-203-7001", "800-898-7180")
    assert {code: CITY_LINES[code] for code in ("es", "so", "hmn")} == {
        "es": "612-673-2700",
        "so": "612-673-3500",
        "hmn": "612-673-2800",
    }


@pytest.mark.parametrize("path", [*PATHS, "right-now/"])
def test_no_advice_names_a_legal_date(path: str) -> None:
    assert not LEGAL_DATE.search(Client().get(f"/en/{path}").content.decode())


def test_who_is_held_reads_what_to_say_and_what_not_to_sign() -> None:
    shown = Client().get("/en/advice/taken/").content.decode()

    assert "Do not sign anything." in shown
    assert "tel:+16123419845" in shown


def test_an_unknown_situation_is_not_found() -> None:
    assert Client().get("/en/advice/secret/").status_code == 404
