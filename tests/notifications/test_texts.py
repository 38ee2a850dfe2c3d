"""Every text is short, neutral and says where to ask."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.utils.translation import gettext, override

from notifications.segments import size_of
from notifications.texts import TEMPLATES, Planned, example, faults, render

LANGUAGES = [code for code, _ in settings.LANGUAGES]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_text_fits_two_segments_and_says_nothing(template: str, language: str) -> None:
    text = example(template, language)

    assert size_of(text).segments <= 2, f"{size_of(text)}: {text}"
    assert faults(text) == []
    assert settings.HELPLINE in text
    assert "%" not in text
    assert "’" not in text


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_text_is_translated_to_spanish(template: str) -> None:
    with override("es"):
        assert gettext(TEMPLATES[template].words) != TEMPLATES[template].words


def test_every_template_of_the_state_machine_is_there() -> None:
    assert set(TEMPLATES) == {
        "opened",
        "request_info",
        "screened_out",
        "accepted",
        "waitlisted",
        "transferred",
        "represented",
        "closed",
        "clinic_seat",
        "clinic_reminder",
    } | {
        "call_us",
        "reminder",
        "reminder_hour",
        "reminder_tomorrow",
        "reminder_tomorrow_hour",
        "received",
        "help",
        "stopped",
        "started",
    }


def test_an_unknown_template_is_an_error() -> None:
    with pytest.raises(KeyError):
        render("surprise", "en")


def test_a_text_is_filled_with_its_own_kind_of_context_only() -> None:
    with pytest.raises(TypeError):
        render("reminder", "en")
    with pytest.raises(TypeError):
        render("opened", "en", Planned(NINE, TODAY))


# Tuesday, 8 December 2026, 9:00 in Minneapolis, and the Tuesday a week before at half past midnight.
NINE = datetime(2026, 12, 8, 15, 0, tzinfo=UTC)
TODAY = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("template", "language", "words"),
    [
        ("reminder_hour", "en", "You have something in 7 days, on Tuesday at 9:00 AM."),
        ("reminder_hour", "es", "Tiene algo en 7 días, el martes a las 9:00 AM."),
        ("reminder", "so", "7 maalmood gudahood, Talaado, ballan baad leedahay."),
        ("reminder", "hmn", "Tshuav 7 hnub, hnub zwj quag, koj muaj ib lub sij hawm teem."),
    ],
)
def test_a_reminder_says_the_day_and_the_hour_and_not_what_it_is(template: str, language: str, words: str) -> None:
    assert words in render(template, language, Planned(NINE, TODAY))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Your court date is Tuesday", "court"),
        ("ICE moved him", "ICE"),
        ("Su abogada le llama", "abogada"),
        ("Qareenkaaga ayaa ku soo wacaya", "Qareenkaaga"),
        ("Koj tus kws lij choj yuav hu", "kws lij choj"),
        ("Look at https://example.org/x", "link"),
        ("Look at help.example.org", "link"),
        ("Write to a@example.org", "address"),
        ("I.C.E. moved him", "ICE"),
        ("I C E took them", "ICE"),
        ("ＩＣＥ was there", "ICE"),
        ("Está en la prisión", "prision"),
        ("Los jueces dicen", "jueces"),
        ("It is about bail", "bail"),
        ("Call USCIS", "USCIS"),
        ("The removal is off", "removal"),
        ("Come to Fort Snelling", "Fort Snelling"),
        ("Nws raug ntes", "ntes"),
        ("Look at bit.ly/3xYz", "link"),
        ("About A000 123 456", "A-number"),
        ("About A-000123456", "A-number"),
        ("About K7M4QD", "reference"),
        ("Your code is 123 456 789 012 3", "code"),
        ("About K7M-4QD", "reference"),
        ("a" * 307, "3 texts long"),
        ("I-C-E moved him", "ICE"),
        ("Your co\u00adurt day", "court"),
        ("Su abo\u200bgada le llama", "abogada"),
        ("Call us: %(helpline)s", "%(helpline)s"),
        ("Call us at %s", "%s"),
        ("Hola {nombre}, llame", "{nombre}"),
        ("Hi [NAME], please call", "[NAME]"),
        ("Dear <name>, please call", "<name>"),
        ("Come at __ o'clock", "__"),
    ],
)
def test_the_lint_finds_what_a_stranger_must_not_read(text: str, fault: str) -> None:
    assert any(fault in one for one in faults(text)), faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "Help line: Please call us at 612-555-0100 before 9.",
        "She was nice.",
        "Llame al 612-555-0100, dice Ana.",
        "Please call. Bring a pen, e.g. a blue one. It takes 10 min.",
        "Por favor llame a las 9 a. m. o a las 5 p. m.",
        "Impresora lista. Presente su hoja.",
        "Room B12, at 4.",
        "It costs $50, 100% paid. Half: 50%.",
        "Pay-as-you-go is fine, e-mail too.",
    ],
)
def test_the_lint_lets_plain_words_through(text: str) -> None:
    assert faults(text) == []
