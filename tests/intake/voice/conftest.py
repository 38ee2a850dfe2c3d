"""The carrier's account, and recordings for the languages that no voice speaks."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.roles import Role
from intake.voice import actions, recordings
from intake.voice.prompts import MANIFEST
from tests import factories, fake_twilio
from tests.intake.voice import phone

MP3 = b"ID3" + bytes(60)


@pytest.fixture(autouse=True)
def _carrier(settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID = fake_twilio.ACCOUNT_SID
    settings.TWILIO_AUTH_TOKEN = fake_twilio.AUTH_TOKEN
    settings.TWILIO_FROM = fake_twilio.FROM
    settings.PUBLIC_BASE_URL = fake_twilio.PUBLIC_BASE_URL


@pytest.fixture(autouse=True)
def _codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typed code waits until the phone lets it be looked up: no thread works beside a test."""
    phone.TYPED.clear()
    monkeypatch.setattr(actions, "look_up_later", phone.TYPED.append)


@pytest.fixture
def record(db: None) -> Callable[[str], None]:
    """Has every sentence of a language recorded and approved."""

    def all_of(language: str) -> None:
        by = factories.member(Role.OPERATOR)
        for prompt in MANIFEST:
            made = recordings.upload(name=prompt.name, language=language, audio=MP3, by=by)
            assert recordings.approve(recording=made, by=by)

    return all_of
