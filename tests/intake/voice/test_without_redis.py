"""A call while Redis is dead, or takes the connection and says nothing: as with it, only what is sent comes later."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from django.http import HttpResponse
from kombu import Connection

from intake.voice.prompts import BY_NAME as PROMPTS
from intake.voice.prompts import status
from notifications import broker
from referrals.models import Case, State, Urgency
from tests import factories
from tests.intake.voice.phone import Phone, up_to

pytestmark = pytest.mark.django_db(transaction=True)

# What the product gives itself for one webhook; the carrier gives up after fifteen.
BUDGET_SECONDS = 5


@pytest.fixture(params=["refuses", "says nothing"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        if request.param == "says nothing":
            nobody.listen(100)
        yield f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"


@pytest.fixture(autouse=True)
def _without_redis(address: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": address}}
    monkeypatch.setattr(broker, "_paused_until", 0.0)
    monkeypatch.setattr(current_app, "connection_for_write", lambda **more: Connection(address, **more))


@pytest.fixture
def took(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each webhook took, in seconds."""
    seconds: list[float] = []
    post = Phone.post

    def timed(self: Phone, path: str, **said: str) -> HttpResponse:
        began = time.monotonic()
        answer = post(self, path, **said)
        seconds.append(time.monotonic() - began)
        return answer

    monkeypatch.setattr(Phone, "post", timed)
    return seconds


def test_a_whole_call_is_answered_and_kept(took: list[float]) -> None:
    factories.room()

    called = up_to("end")

    assert "someone calls you within 30 minutes" in called.words()
    case = Case.objects.get()
    assert (case.state, case.urgency) == (State.OFFERED, Urgency.T0)
    assert max(took) < BUDGET_SECONDS, took


def test_the_code_opens_and_a_wrong_one_is_told_so(took: list[float]) -> None:
    first = up_to("end")
    code = first.code()
    first.hang_up()

    asks = Phone(caller="+16125550155").dial().press("1")
    asks.press(f"{code}#")
    guesses = Phone(caller="+16125550156").dial().press("1")
    guesses.press("0000000000000#")

    assert PROMPTS[status(Case.objects.get().state)].words("en") in asks.words()
    assert PROMPTS["code_unknown"].words("en") in guesses.words()
    assert max(took) < BUDGET_SECONDS, took
