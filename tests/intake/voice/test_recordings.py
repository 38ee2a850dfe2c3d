"""Recordings: what is missing is shown, nothing is heard before it is approved, and none that says other words."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from intake.models import PromptRecording
from intake.voice import recordings
from intake.voice.prompts import MANIFEST
from tests import factories
from tests.intake.voice.conftest import MP3
from tests.intake.voice.phone import Phone, up_to

pytestmark = pytest.mark.django_db

LIST = "/staff/admin/intake/promptrecording/"


@pytest.fixture
def operator() -> User:
    return factories.member(Role.OPERATOR, is_staff=True, is_superuser=True)


@pytest.fixture
def client(operator: User) -> Client:
    return factories.client_of(operator)


def upload(client: Client, name: str, language: str, audio: bytes = MP3) -> Any:
    file = SimpleUploadedFile("any.bin", audio)
    return client.post(f"{LIST}add/", {"name": name, "language": language, "file": file})


def approve(client: Client) -> None:
    chosen = [str(pk) for pk in PromptRecording.objects.values_list("pk", flat=True)]
    client.post(LIST, {"action": "approve", "_selected_action": chosen})


def plays(phone: Phone) -> list[str]:
    return [one for one in phone.heard if one.startswith("https://")]


def test_every_sentence_has_words_in_every_language() -> None:
    for prompt in MANIFEST:
        words = [prompt.words(language) for language in ("en", "es", "so", "hmn")]
        assert all(words), prompt.name
        assert prompt.name == "menu" or len(set(words)) > 2 or prompt.name.startswith("digit_"), prompt.name


def test_an_approved_recording_is_played_and_before_that_the_voice_speaks(client: Client) -> None:
    assert upload(client, "goodbye", "es").status_code == 302
    before = up_to("new_code", "es").press("#")
    approve(client)
    after = up_to("new_code", "es", caller="+16125550148").press("#")

    assert plays(before) == []
    assert "Gracias. Adiós." in before.words()
    (address,) = plays(after)
    assert "Gracias. Adiós." not in after.words()
    sound = Client().get(address.removeprefix("https://help.example.org"))
    assert (sound.status_code, sound["Content-Type"], sound.content) == (200, "audio/mpeg", MP3)


def test_a_recording_of_other_words_is_not_played(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(client, "goodbye", "en")
    PromptRecording.objects.update(words_hash="0" * 64)
    approve(client)

    assert not PromptRecording.objects.filter(approved_at__isnull=False).exists()
    assert recordings.approved("en", ["goodbye"]) == {}


def test_the_list_says_what_is_missing_and_plays_what_is_there(client: Client) -> None:
    upload(client, "goodbye", "so")

    page = client.get(LIST)
    words = page.content.decode()
    assert f"Soomaali: {len(MANIFEST)} of {len(MANIFEST)} sentences" in words
    assert "<audio controls" in words
    assert "media-src 'self'" in page["Content-Security-Policy"]
    approve(client)
    assert f"Soomaali: {len(MANIFEST) - 1} of {len(MANIFEST)} sentences" in client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("audio", "why"),
    [
        (b"", "The submitted file is empty."),
        (b"<html>", "Neither MP3 nor WAV."),
        (b"GIF89a", "Neither MP3 nor WAV."),
        (MP3 + bytes(1_000_001), "Longer than 1000 kB: one sentence is shorter."),
    ],
)
def test_what_is_no_recording_is_refused_in_a_sentence(client: Client, audio: bytes, why: str) -> None:
    page = upload(client, "goodbye", "en", audio)

    assert page.status_code == 200
    assert why in page.content.decode()
    assert not PromptRecording.objects.exists()


def test_one_sentence_less_and_the_language_is_not_spoken(record: Callable[[str], None]) -> None:
    record("hmn")
    assert recordings.can_speak("hmn")
    PromptRecording.objects.filter(name="taken", language="hmn").delete()

    assert not recordings.can_speak("hmn")
    assert recordings.can_speak("es")


@pytest.mark.parametrize("language", ["so", "hmn"])
def test_nothing_but_recordings_is_heard_in_a_language_without_a_voice(
    language: str, record: Callable[[str], None]
) -> None:
    record(language)

    phone = up_to("end", language)

    mark = phone.heard.index(next(one for one in phone.heard if "press 5" in one)) if "press 5" in phone.words() else 0
    said = [one for one in phone.heard[mark + 2 :] if not one.startswith("https://")]
    assert said == [], "a synthetic voice in place of a recording"


def test_who_keeps_no_tables_sees_no_recordings() -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))

    assert client.get(LIST).status_code in (302, 403)


def test_an_unknown_recording_is_no_page() -> None:
    assert Client().get("/hooks/twilio/recordings/00000000-0000-4000-8000-000000000000/").status_code == 404
