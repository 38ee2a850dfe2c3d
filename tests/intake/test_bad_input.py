"""What people type that cannot be: a clear message on the same page in its language, and nothing typed is lost."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.utils import timezone
from django.utils.html import escape

from intake.forms.code import CodeForm
from intake.forms.family.happened import TakenForm
from intake.questions import PAGES
from referrals.business_time import CHICAGO
from referrals.models import Case
from tests.intake.family import STORY, Family, text

pytestmark = pytest.mark.django_db

BAD: list[tuple[str, str, str, str, str]] = [
    ("taken", "taken_day", "02/30/2026", "does not exist", "no existe"),
    ("taken", "taken_day", "31 de febrero", "does not exist", "no existe"),
    ("taken", "taken_day", "12/31/2099", "has not come yet", "todavía no ha llegado"),
    ("taken", "taken_day", "banana", "cannot read this day", "No podemos leer este día"),
    ("taken", "taken_day", "1/1/1901", "too long ago", "hace demasiado tiempo"),
    ("taken", "taken_time", "25:99", "cannot read this time", "No podemos leer esta hora"),
    ("dates", "hearing_day", "01/02/2020", "This day is over", "Este día ya pasó"),
    ("dates", "hearing_day", "01/02/2999", "too far away", "demasiado lejos"),
    ("person", "a_number", "A12B4567", "only numbers", "solo números"),
    ("person", "a_number", "A123456", "8 or 9 numbers", "8 o 9 números"),
    ("person", "a_number", "A1234567890", "8 or 9 numbers", "8 o 9 números"),
    ("person", "a_number", "A000 000 000", "not a real A-number", "no es un número A verdadero"),
    ("person", "names", "N" * 40_000, "too long", "demasiado largo"),
    ("person", "names", "Ana\x00Prueba", "letters, numbers", "letras, números"),
    ("person", "names", "Ana 😀", "emoji", "emojis"),
    ("person", "other_names", "A\u202eB", "letters, numbers", "letras, números"),
    ("home", "zip_code", "5540", "5 numbers", "5 números"),
    ("home", "zip_code", "😀", "emoji", "emojis"),
    ("household", "household", "four", "write a number", "Escriba un número"),
    ("household", "household", "0", "at least 1", "por lo menos 1"),
    ("household", "household", "9" * 5000, "number", "número"),
    ("contact", "phone", "612-555-01", "cannot call this number", "No podemos llamar a este número"),
    ("contact", "phone", "call me", "cannot call this number", "No podemos llamar a este número"),
    ("contact", "phone", "612-555-0123 x45", "cannot dial an extension", "No podemos marcar una extensión"),
    ("contact", "phone", "(612) 555-0123 ext. 45", "cannot dial an extension", "No podemos marcar una extensión"),
    ("contact", "phone", "612-555-0123 #45", "cannot dial an extension", "No podemos marcar una extensión"),
    ("contact", "phone", "612 555 0123 extensión 45", "cannot dial an extension", "No podemos marcar una extensión"),
    ("contact", "phone", "612-555-0123 ext", "cannot call this number", "No podemos llamar a este número"),
    ("contact", "phone", "612-555-0123 😀", "emoji", "emojis"),
    ("you", "caller_name", "", "write a name", "Escriba un nombre"),
    ("you", "caller_name", "\x00", "letters, numbers", "letras, números"),
    ("contact", "code_word", "P" * 41, "too long", "demasiado largo"),
    ("contact", "code_word", "🌳", "emoji", "emojis"),
]


def as_shown(value: str) -> str:
    return escape(value)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("page", "field", "value", "english", "spanish"), BAD)
def test_a_bad_answer_gets_a_clear_message_and_is_not_lost(
    language: str, page: str, field: str, value: str, english: str, spanish: str
) -> None:
    family = Family(language)
    family.begin()

    response = family.post(f"ask/{page}/", STORY[page] | {field: value})

    shown = text(response)
    assert response.status_code == 200
    assert (english if language == "en" else spanish) in shown
    assert f'value="{as_shown(value)}"' in shown or not value
    for other, typed in STORY[page].items():
        if other != field and isinstance(typed, str) and typed and not re.fullmatch(r"[a-z_]+", typed):
            assert f'value="{as_shown(typed)}"' in shown


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("taken", {"taken": ""}),
        ("taken", {"taken": "maybe\x00"}),
        ("place", {"place": "the moon"}),
        ("consent", {"may_contact": "no"}),
        ("orders", {"orders": ["none", "missed_court"]}),
        ("language", {}),
        ("papers", {"papers": ["none", "nta"]}),
        ("papers", {"papers": ["\x00"]}),
        ("income", {"income": "1"}),
        ("contact", {}),
        ("reach", {}),
        ("reach", {"may_text": "no", "may_call": "no", "hours": "day", "text_language": "es"}),
        ("reach", {"may_text": "yes", "may_call": "yes", "hours": "day", "text_language": "xx"}),
    ],
)
def test_an_answer_that_is_none_of_the_choices_is_asked_again(page: str, fields: dict[str, Any]) -> None:
    family = Family()
    family.begin()
    family.answer("household")

    response = family.post(f"ask/{page}/", fields)

    assert response.status_code == 200
    assert "There is a problem on this page" in text(response)


def test_a_time_said_with_the_day_is_kept_as_the_time() -> None:
    family = Family("es")
    family.begin()

    family.post("ask/taken/", {"taken": "just_now", "taken_day": "ayer como a las 10 de la noche", "taken_time": ""})

    shown = text(family.get("ask/taken/"))
    assert 'value="22:00:00"' in shown
    assert f'value="{timezone.localdate() - timedelta(days=1)}"' in shown


@pytest.mark.parametrize("typed", ["yesterday at 25:00", "ayer a las 30", "yesterday 10:75"])
def test_a_time_in_the_day_box_that_no_clock_shows_costs_nobody_the_page(typed: str) -> None:
    family = Family("en")
    family.begin()

    answer = family.post("ask/taken/", {"taken": "just_now", "taken_day": typed, "taken_time": ""})

    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("now", "day", "at", "taken_at"),
    [
        ("07:30", "this morning", "", "20 07:30"),
        ("07:30", "esta mañana", "", "20 07:30"),
        ("06:00", "saaka", "", "20 06:00"),
        ("07:30", "11/20 in the morning", "", "20 07:30"),
        ("07:30", "today", "morning", "20 07:30"),
        ("07:30", "", "this morning", "20 07:30"),
        ("02:00", "esta noche", "", "20 02:00"),
        ("20:00", "tonight", "", "20 20:00"),
        # What is over stands for its hour, and what is long to come without a day was yesterday.
        ("14:00", "this morning", "", "20 09:00"),
        ("07:30", "", "at night", "19 21:00"),
        ("07:30", "yesterday afternoon", "", "19 15:00"),
        ("00:30", "", "an hour ago", "19 23:30"),
    ],
)
def test_a_part_of_the_day_that_has_begun_has_come(now: str, day: str, at: str, taken_at: str) -> None:
    hour, minute = map(int, now.split(":"))
    asked = datetime(2026, 11, 20, hour, minute, tzinfo=CHICAGO)

    form = TakenForm({"taken": "just_now", "taken_day": day, "taken_time": at}, now=asked, typed={})

    assert form.is_valid(), form.errors
    assert f"{form.cleaned_data['taken_at']:%d %H:%M}" == taken_at
    # The draft keeps the same moment, whenever it is read again.
    kept = TakenForm({"taken": "just_now", **_last(form.to_typed())}, now=asked, typed={})
    assert kept.is_valid(), kept.errors
    assert kept.cleaned_data["taken_at"] == form.cleaned_data["taken_at"]


def _last(typed: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in typed.items() if values}


@pytest.mark.parametrize("at", ["9 am", "noon", "at ten"])
def test_an_hour_that_is_to_come_has_not_come(at: str) -> None:
    asked = datetime(2026, 11, 20, 7, 30, tzinfo=CHICAGO)

    form = TakenForm({"taken": "just_now", "taken_day": "today", "taken_time": at}, now=asked, typed={})

    assert [error.code for error in form.errors.as_data()["taken_time"]] == ["future"]


def test_a_time_later_today_has_not_come_yet() -> None:
    family = Family()
    family.begin()

    response = family.post("ask/taken/", {"taken": "just_now", "taken_day": "tomorrow", "taken_time": ""})

    assert "has not come yet" in text(response)


def shown_for(family: Family, taken: str, days_ago: int) -> str:
    day = timezone.localdate() - timedelta(days=days_ago)
    return text(family.post("ask/taken/", {"taken": taken, "taken_day": day.isoformat(), "taken_time": ""}))


@pytest.mark.parametrize(("taken", "days_ago"), [("just_now", 5), ("just_now", 300), ("earlier", 0), ("earlier", 1)])
def test_a_day_that_contradicts_the_answer_above_it_is_asked_again(taken: str, days_ago: int) -> None:
    english, spanish = Family(), Family("es")
    english.begin()
    spanish.begin()

    assert "This day does not fit your answer" in shown_for(english, taken, days_ago)
    assert "Este día no concuerda con su respuesta" in shown_for(spanish, taken, days_ago)


@pytest.mark.parametrize(
    ("taken", "days_ago"), [("just_now", 0), ("just_now", 4), ("earlier", 2), ("earlier", 3), ("earlier", 300)]
)
def test_days_counted_loosely_are_no_contradiction(taken: str, days_ago: int) -> None:
    family = Family()
    family.begin()

    assert shown_for(family, taken, days_ago) == ""


@pytest.mark.parametrize("taken", ["no", "unknown"])
def test_day_and_time_of_somebody_not_taken_are_neither_checked_nor_kept(taken: str) -> None:
    family = Family()
    family.begin()

    answer = family.post("ask/taken/", {"taken": taken, "taken_day": "banana", "taken_time": "25:99"})

    assert answer.status_code == 302
    assert "banana" not in text(family.get("ask/taken/"))


@pytest.mark.parametrize("form", [*(page.form for page in PAGES), CodeForm])
def test_the_browser_cuts_what_is_too_long_to_be_an_answer(form: type[forms.Form]) -> None:
    for name, field in form.base_fields.items():
        if isinstance(field.widget, forms.TextInput):
            limit = getattr(field, "limit", 100)
            assert 0 < int(field.widget.attrs["maxlength"]) <= limit, name


def test_spaces_without_end_are_folded_before_they_are_kept() -> None:
    family = Family()
    family.begin()

    assert family.answer("person", names=f"Ana{' ' * 40_000}Prueba").status_code == 302
    assert 'value="Ana Prueba"' in text(family.get("ask/person/"))


def test_a_page_too_large_to_read_is_refused_before_it_is_parsed() -> None:
    family = Family()
    family.begin()

    assert family.post("ask/person/", {"names": "N" * 300_000}).status_code == 400


def test_a_phone_that_someone_must_not_see_gets_no_texts() -> None:
    family = Family()
    family.begin()
    family.answer_all(contact={"shared": "must_not_know"})

    page = text(family.get("ask/reach/"))
    assert "We will not text this phone" in page
    assert 'name="may_text"' not in page
    assert "We need one way to reach you" in text(family.answer("reach", may_call="no"))


def test_no_bad_answer_ever_made_a_case() -> None:
    family = Family()
    family.begin()
    for page, field, value, _english, _spanish in BAD:
        family.post(f"ask/{page}/", STORY[page] | {field: value})
    family.post("check/")

    assert not Case.objects.exists()
