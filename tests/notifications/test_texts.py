"""Every text is short, neutral and says where to ask."""

import re

import pytest
from django.conf import settings
from django.utils.translation import gettext, override

from notifications.texts import TEMPLATES, render, segments

LANGUAGES = [code for code, _ in settings.LANGUAGES]
# Words that would tell whoever sees the phone what this is about, in the languages we can read.
TELLTALES = re.compile(
    r"\b(ice|immigra\w*|inmigra\w*|court|corte|tribunal|juez|judge|lawyer|attorney|abogad\w*|legal\w*|deport\w*|"
    r"detain\w*|deten\w*|detenid\w*|arrest\w*|jail|cárcel|whipple|case|caso|visa|migra\w*|qareen|maxkamad\w*|"
    r"sharci\w*|kws lij choj|tsev hais plaub|http\S*|www\S*)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_text_fits_two_segments_and_says_nothing(template: str, language: str) -> None:
    text = render(template, language)

    assert segments(text) <= 2, f"{segments(text)} segments: {text}"
    assert not TELLTALES.search(text), text
    assert settings.HELPLINE in text
    assert "%" not in text
    assert "’" not in text


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_text_is_translated_to_spanish(template: str) -> None:
    with override("es"):
        assert gettext(TEMPLATES[template]) != TEMPLATES[template]


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
    }


def test_an_unknown_template_is_an_error() -> None:
    with pytest.raises(KeyError):
        render("surprise", "en")


# Vectors of Twilio's segment calculator (twilio.com/docs/glossary/what-sms-character-limit).
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("Yog xav tau kev pab, hu 612-673-2800", 1),
        ("Tiene una actualización. Llame al 612-555-0100.", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 152 + "’", 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" * 5, 2),
        ("é" * 160, 1),
    ],
)
def test_segments_are_counted_as_carriers_bill_them(text: str, expected: int) -> None:
    assert segments(text) == expected
