"""When our server does not answer, the carrier reads a file that needs nothing of ours."""

from pathlib import Path
from xml.etree import ElementTree as ET

from django.conf import settings

from intake.phones import FREE_FROM_DETENTION
from tests.intake.voice.phone import checked

FILE = Path(settings.BASE_DIR) / "docker" / "voice-fallback.xml"


def words() -> list[str]:
    return [say.text or "" for say in ET.parse(FILE).getroot().iter("Say")]


def test_it_is_twiml_that_asks_nothing_of_us() -> None:
    document = checked(FILE.read_text("utf-8"))

    assert {verb.tag for verb in document.iter()} == {"Response", "Say", "Pause", "Dial", "Number", "Hangup"}
    assert not [verb.attrib for verb in document.iter() if {"action", "url", "statusCallback"} & set(verb.attrib)]


def test_it_names_the_free_legal_line_and_asks_to_call_again() -> None:
    spoken = " ".join(words()).replace(".", "").replace(" ", "")
    number = FREE_FROM_DETENTION.replace("-", "")

    assert spoken.count(number) == 4
    assert "+1" + number == ET.parse(FILE).getroot().findtext(".//Number")
    assert "call again" in words()[0]
    assert "Llame otra vez" in words()[1]


def test_the_page_on_the_phone_line_says_how_to_set_it() -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "phone-line.md").read_text("utf-8")

    assert "docker/voice-fallback.xml" in page
    assert "/hooks/twilio/voice/ended/" in page
