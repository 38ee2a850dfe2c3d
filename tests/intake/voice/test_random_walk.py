"""Callers who press anything: whatever they do, the call ends, no error is answered, and nothing typed comes back.

It knows nothing of the steps. What the carrier may be sent is read off the XML alone, and each call is said again,
request by request, while it lasts and after its row has gone.
"""

import logging
import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.test import Client
from django.utils import timezone
from twilio.request_validator import RequestValidator

from intake.models import Correction, Draft, PhoneCall
from intake.voice import actions, calls, twiml, views
from privacy.models import ReturnCode, SealedDocument
from referrals.models import Case, CaseEvent
from tests.fake_twilio import AUTH_TOKEN, PUBLIC_BASE_URL
from tests.intake.voice.phone import TYPED, work

pytestmark = pytest.mark.django_db

TWIML = {"Response", "Say", "Play", "Pause", "Gather", "Redirect", "Dial", "Number", "Hangup"}
LANGUAGE = {"en": "1", "es": "2", "so": "3", "hmn": "4", "other": "5"}
# Keys pressed before the caller falls silent, and webhooks after that until the line is dead.
MOST_KEYS, MOST_SILENT = 40, 60


@dataclass
class Walk:
    """One call: what it said to us, what we answered, and what was typed in it."""

    rng: random.Random
    sid: str
    caller: str
    client: Client = field(default_factory=Client)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    # How many digits the call waits for.
    asked_for: int = 1

    def post(self, address: str, said: Mapping[str, str]) -> str:
        signature = RequestValidator(AUTH_TOKEN).compute_signature(address, dict(said))
        answer = self.client.post(
            urlsplit(address).path,
            urlencode(said),
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature},
        )
        assert answer.status_code in (200, 204), f"{answer.status_code} at {address}"
        return answer.content.decode()

    def say(self, address: str, **said: str) -> ET.Element:
        """A webhook of the call, now and then a second time, and now and then an old one after it."""
        whole = {"CallSid": self.sid, "From": self.caller, "To": settings.TWILIO_FROM} | said
        body = self.post(address, whole)
        self.asked.append((address, whole))
        self.bodies.append(body)
        if self.rng.random() < 0.15:
            self.again(address, whole)
        if self.rng.random() < 0.1:
            self.again(*self.rng.choice(self.asked))
        work(only_codes=True)
        document = ET.fromstring(body)
        assert {verb.tag for verb in document.iter()} <= TWIML
        return document

    def again(self, address: str, said: Mapping[str, str]) -> None:
        before = written()
        assert self.post(address, said) == self.bodies[-1], f"{address} answers otherwise"
        assert written() == before, f"{address} writes twice"

    def keys(self) -> str:
        """Anything a thumb may do; what is long enough to be told apart is remembered."""
        length = self.rng.choice([self.asked_for, self.asked_for, 5, 7, 9, 10, 13, 20])
        digits = "".join(self.rng.choices("0123456789", k=length))
        kinds = (
            ["number", "none", "odd"] if self.asked_for > 1 else ["key", "key", "key", "key", "number", "none", "odd"]
        )
        kind = self.rng.choice(kinds)
        if kind == "number" and len(digits) >= 5:
            self.typed.append(digits)
        return {
            "key": self.rng.choice("112233456789"),
            "number": digits,
            "none": "",
            "odd": self.rng.choice(["*", "0", "#", "**", "0*", "1*2", "A", "00", "\x00", "١٢٣٤٥", "9" * 60]),
        }[kind]

    def run(self, first: str) -> None:
        """Calls, presses keys at random, falls silent or hangs up; ends when the line is dead."""
        waits = self.follow(self.say(f"{PUBLIC_BASE_URL}/hooks/twilio/voice/"))
        presses = self.rng.randrange(MOST_KEYS)
        hangs_up = self.rng.random() < 0.3
        for number in range(MOST_KEYS + MOST_SILENT):
            if not waits:
                return
            if number > presses and hangs_up:
                self.post(f"{PUBLIC_BASE_URL}/hooks/twilio/voice/ended/", {"CallSid": self.sid})
                # The carrier asks nothing of a call that is over; were it to, it would hear the end.
                self.bodies.append(self.post(*self.asked[-1]))
                assert "<Hangup" in self.bodies[-1]
                return
            pressed = first if not number else self.keys() if number <= presses else ""
            waits = self.follow(self.say(waits, Digits=pressed))
        raise AssertionError("the call never ends")

    def follow(self, document: ET.Element) -> str:
        """Where keys are waited for; "" when the call is over."""
        for _verb in range(MOST_SILENT):
            gather, redirect, dial = (document.find(tag) for tag in ("Gather", "Redirect", "Dial"))
            if gather is not None:
                assert gather.get("actionOnEmptyResult") == "true"
                self.asked_for = int(gather.get("numDigits", "1"))
                return gather.get("action", "")
            if dial is not None:
                how = self.rng.choice(["completed", "no-answer", "busy", "failed", "canceled"])
                document = self.say(dial.get("action", ""), DialCallStatus=how)
            elif redirect is not None:
                document = self.say(redirect.text or "")
            else:
                assert document.find("Hangup") is not None, "a dead end"
                return ""
        raise AssertionError("the call goes round in circles")


def written() -> tuple[object, ...]:
    """How much there is of what a call may write, and what its row says."""
    counted = (Case, CaseEvent, SealedDocument, Correction, ReturnCode, Draft)
    rows = PhoneCall.objects.aggregate(Max("turn"), Max("heard_at"))
    return (*(model.objects.count() for model in counted), PhoneCall.objects.count(), *rows.values(), len(TYPED))


def check(walk: Walk, logged: list[str]) -> None:
    """What must hold when a call is over."""
    assert Case.objects.count() <= 1, "two cases of one call"
    row = PhoneCall.objects.get()
    in_the_row = " ".join(str(value) for value in vars(row).values())
    addresses = " ".join(address for address, _said in walk.asked)
    events = " ".join(str(one) for one in CaseEvent.objects.values_list("detail", flat=True))
    for number in [*walk.typed, walk.caller[1:]]:
        # Five digits in a row stand in many a random id, but never between two things that are none.
        alone = re.compile(rf"(?<![0-9a-f]){number}(?![0-9a-f])")
        for where in (" ".join(walk.bodies), addresses, " ".join(logged), in_the_row, events):
            assert not alone.search(where), "what was typed came back"


def check_replay(walk: Walk) -> None:
    """The whole call again, after its row went."""
    assert calls.purge(timezone.now() + calls.KEPT_FOR + timedelta(minutes=1)) == 1
    before = written()
    for address, said in walk.asked:
        assert ET.fromstring(walk.post(address, said)).find("Hangup") is not None
    assert written() == before, "a call of yesterday writes"


def walked(seed: str, first: str, logged: Callable[[], list[str]]) -> int:
    """One call from its first key to the day after; how many cases it made."""
    rng = random.Random(seed)
    # None of our own lines, which are dialed and shown.
    caller = rng.choice(["anonymous", f"+1612555{rng.randrange(110, 200):04}"])
    walk = Walk(rng, f"CA{rng.getrandbits(128):032x}", caller)
    walk.run(first)
    check(walk, logged())
    check_replay(walk)
    return Case.objects.count()


@contextmanager
def undone() -> Iterator[None]:
    """What is written meanwhile was not."""
    mark = transaction.savepoint()
    try:
        yield
    finally:
        TYPED.clear()
        transaction.savepoint_rollback(mark)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    with caplog.at_level(logging.DEBUG):
        yield lambda: [record.getMessage() for record in caplog.records]


WAYS = [("en", False), ("es", False), ("so", True), ("hmn", True), ("so", False), ("other", False)]


@pytest.mark.parametrize(("language", "is_recorded"), WAYS)
def test_whatever_is_pressed_the_call_ends_and_nothing_typed_comes_back(
    language: str,
    is_recorded: bool,
    record: Callable[[str], None],
    logged: Callable[[], list[str]],
    scale: Mapping[str, int],
    settings: Any,
) -> None:
    if is_recorded:
        record(language)
    cases = 0
    for number in range(scale["voice_walks"] // len(WAYS)):
        settings.DESK_LINE = settings.INTERPRETER_LINE = "612-555-0101" if number % 2 else ""
        with undone():
            cases += walked(f"{language} {is_recorded} {number}", LANGUAGE[language], logged)
    assert cases, "no caller got as far as a case"


def _never_silent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(actions, "SILENCES", 10**6)
    patch.setattr(actions, "MISSES", 10**6)


def _says_what_was_typed(patch: pytest.MonkeyPatch) -> None:
    def answer(call: PhoneCall, heard: calls.Heard, now: Any) -> Any:
        body = twiml.render(call, sid=heard.sid, now=now)
        said = heard.pressed if heard.pressed.isascii() and heard.pressed.isdigit() else ""
        return views._twiml(body.replace("<Response>", f"<Response><Say>{said}</Say>"))

    patch.setattr(views, "_answer", answer)


def _forgets_calls(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(calls, "purge", lambda now: PhoneCall.objects.all().delete()[0])


def _counts_no_turns(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(actions, "_again", lambda call, before="": setattr(call, "before", before))


@pytest.mark.parametrize("sabotage", [_never_silent, _says_what_was_typed, _forgets_calls, _counts_no_turns])
def test_the_walker_notices(
    sabotage: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    logged: Callable[[], list[str]],
) -> None:
    sabotage(monkeypatch)

    def twenty() -> None:
        for number in range(20):
            with undone():
                walked(f"sabotage {number}", "1", logged)

    with pytest.raises(AssertionError):
        twenty()
