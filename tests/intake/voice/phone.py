"""A phone with the carrier behind it: follows TwiML as the carrier does, signs what it posts, and presses keys.

It knows the verbs that this project uses, with the attributes that the carrier documents for them; any other fails the
test that meets it. A scripted worker looks codes up and puts answers together between two webhooks.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree as ET

from django.http import HttpResponse
from django.test import Client
from twilio.request_validator import RequestValidator

from intake.corrections import merge, waiting_cases
from intake.lookup import cases_to_index, index_case
from intake.voice import checking
from intake.voice.prompts import MANIFEST
from privacy import worker_key
from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, FROM, PUBLIC_BASE_URL

START = "/hooks/twilio/voice/"
ENDED = "/hooks/twilio/voice/ended/"
CALLER = "+16125550147"
FORM = "application/x-www-form-urlencoded"
# The verbs and their attributes, by the carrier's documentation of TwiML for voice.
VERBS: dict[str, set[str]] = {
    "Response": set(),
    "Say": {"voice", "language", "loop"},
    "Play": {"loop", "digits"},
    "Pause": {"length"},
    "Gather": {"input", "action", "method", "timeout", "finishOnKey", "numDigits", "actionOnEmptyResult"},
    "Redirect": {"method"},
    "Dial": {"action", "method", "timeout", "callerId"},
    "Number": set(),
    "Hangup": set(),
}
# More webhooks than this without an end are a loop.
LONGEST = 120
_sids = count(1)
# Codes that were typed and not looked up yet: in place of the threads of the product (tests/intake/voice/conftest.py).
TYPED: list[checking.Typed] = []


class HungUp(Exception):
    """The call is over."""


@dataclass
class Phone:
    """One call. `heard` are the words and recordings, `dialed` the numbers, `bodies` every TwiML that came back."""

    language: str = "en"
    caller: str = CALLER
    called: str = FROM
    sid: str = field(default_factory=lambda: f"CA{next(_sids):032x}")
    client: Client = field(default_factory=Client)
    # How each number that is dialed answers.
    answers: Callable[[str], str] = lambda number: "no-answer"
    works: bool = True
    # Whether the worker only looks codes up, which is all that a call waits for.
    only_codes: bool = False
    heard: list[str] = field(default_factory=list)
    dialed: list[str] = field(default_factory=list)
    callers_shown: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    is_over: bool = False
    _gather: ET.Element | None = None

    # What the carrier does

    def post(self, path: str, **said: str) -> HttpResponse:
        """One webhook, signed; the answer is not acted on."""
        address = path if path.startswith("http") else PUBLIC_BASE_URL + path
        given = {
            "CallSid": self.sid,
            "AccountSid": ACCOUNT_SID,
            "From": self.caller,
            "To": self.called,
            "CallStatus": "in-progress",
        } | said
        self.asked.append((address, given))
        parts = urlsplit(address)
        response: Any = self.client.post(
            parts.path + (f"?{parts.query}" if parts.query else ""),
            urlencode(given),
            content_type=FORM,
            headers={"X-Twilio-Signature": RequestValidator(AUTH_TOKEN).compute_signature(address, given)},
        )
        return response

    def dial(self) -> "Phone":
        """The call begins and goes on until it waits for keys, or ends."""
        self._follow(self.post(START))
        return self

    def press(self, keys: str = "") -> "Phone":
        """Press `keys` (none: say nothing until the time is over) where the call waits; goes on to the next wait."""
        assert self._gather is not None, "the call waits for no keys"
        gather, self._gather = self._gather, None
        said = {"Digits": self._collected(gather, keys)}
        if said["Digits"] and gather.get("finishOnKey", "#") in keys[-1:]:
            said["FinishedOnKey"] = keys[-1]
        self._follow(self.post(gather.get("action", ""), **said))
        return self

    def again(self) -> str:
        """The last webhook comes once more, as after a time-out; the TwiML that answers it."""
        address, said = self.asked[-1]
        answer = self.post(address, **said)
        assert answer.status_code == 200
        return answer.content.decode()

    def copy(self) -> "Phone":
        """The same call at the same place, to try something else with."""
        lists: dict[str, Any] = {
            name: list(getattr(self, name)) for name in ("heard", "dialed", "callers_shown", "bodies", "asked")
        }
        return replace(self, **lists)

    def hang_up(self) -> None:
        """The caller hangs up; the carrier reports it."""
        self._gather, self.is_over = None, True
        assert self.post(ENDED, CallStatus="completed").status_code == 204

    def _collected(self, gather: ET.Element, keys: str) -> str:
        most, finish = int(gather.get("numDigits", "999")), gather.get("finishOnKey", "#")
        collected = ""
        for key in keys:
            if finish and key == finish:
                break
            collected += key
            if len(collected) == most:
                break
        return collected

    def _follow(self, response: HttpResponse) -> None:
        for _turn in range(LONGEST):
            assert response.status_code == 200, response.status_code
            assert response["Content-Type"].startswith("text/xml")
            body = response.content.decode()
            self.bodies.append(body)
            if self.works:
                work(only_codes=self.only_codes)
            try:
                next_address, said = self._run(checked(body))
            except HungUp:
                self.is_over = True
                return
            if not next_address:
                return
            response = self.post(next_address, **said)
        raise AssertionError("the call goes round in circles")

    def _run(self, document: ET.Element) -> tuple[str, dict[str, str]]:
        """Where the document leads: an address and what is said there; ("", {}) where it waits for keys."""
        for verb in document:
            match verb.tag:
                case "Say" | "Play":
                    self.heard.append(spoken(verb))
                case "Pause":
                    assert 1 <= int(verb.get("length", "1")) <= 5
                case "Gather":
                    for one in verb:
                        assert one.tag in ("Say", "Play", "Pause"), one.tag
                        if one.tag != "Pause":
                            self.heard.append(spoken(one))
                    assert verb.get("actionOnEmptyResult") == "true", "nothing pressed leads nowhere"
                    self._gather = verb
                    return "", {}
                case "Redirect":
                    return (verb.text or ""), {}
                case "Dial":
                    number = verb.findtext("Number") or ""
                    self.dialed.append(number)
                    self.callers_shown.append(verb.get("callerId", self.caller))
                    return verb.get("action", ""), {"DialCallStatus": self.answers(number)}
                case "Hangup":
                    raise HungUp
        raise HungUp

    # What a test asks

    @property
    def waits(self) -> bool:
        return self._gather is not None

    @property
    def step(self) -> str:
        """The step whose keys the call waits for."""
        assert self._gather is not None
        return urlsplit(self._gather.get("action", "")).path.removeprefix(START).split("/")[0]

    def words(self) -> str:
        """Everything heard so far."""
        return " ".join(self.heard)

    def heard_since(self, mark: int) -> str:
        return " ".join(self.heard[mark:])

    def code(self) -> str:
        """The code that was read out last, by the digits' words."""
        codes = [digits_said(group) for group in self.heard]
        groups = [group for group in codes if len(group) in (4, 5)]
        return "".join(groups[-3:])


def digits_said(words: str) -> str:
    """The digits among these words, in whichever language."""
    return re.sub(r"\D", "", "".join(map(_as_digit, words.split())))


def _as_digit(word: str) -> str:
    for number in range(10):
        prompt = next(one for one in MANIFEST if one.name == f"digit_{number}")
        if word.strip(".").lower() in prompt.fixed.values():
            return str(number)
    return "x"


def spoken(verb: ET.Element) -> str:
    return verb.text or verb.get("digits") or ""


def checked(body: str) -> ET.Element:
    """The document, if it has nothing but verbs and attributes of TwiML."""
    document = ET.fromstring(body)
    assert document.tag == "Response"
    for element in document.iter():
        assert element.tag in VERBS, f"{element.tag} is no verb of TwiML"
        assert set(element.attrib) <= VERBS[element.tag], f"{element.tag} with {element.attrib}"
    return document


def work(*, only_codes: bool = False) -> None:
    """What the worker does meanwhile: codes looked up, answers put together, indexes written."""
    while TYPED:
        checking.look_up(TYPED.pop())
    if only_codes:
        return
    key = worker_key.load()
    for case_id in waiting_cases():
        merge(case_id, key)
    for case_id in cases_to_index():
        index_case(case_id, key)


LANGUAGE_KEYS: Mapping[str, str] = {"en": "1", "es": "2", "so": "3", "hmn": "4", "other": "5"}


def up_to(step: str, language: str = "en", **given: Any) -> Phone:
    """A call that waits at `step`, by the shortest way there."""
    phone = Phone(language=language, **given).dial()
    for at, key in ways()[step]:
        assert phone.step == at, f"{phone.step} instead of {at} on the way to {step}"
        phone.press(key or (LANGUAGE_KEYS[language] if at == "language" else ""))
    assert phone.step == step
    return phone


def ways() -> dict[str, list[tuple[str, str]]]:
    """To each step that waits for keys: the steps on the way, each with its key."""
    way: list[tuple[str, str]] = []
    found: dict[str, list[tuple[str, str]]] = {}
    for step, key in MAIN_WAY:
        found[step] = list(way)
        way.append((step, key))
    for step, after, keys in SIDE_WAYS:
        found[step] = [*found[after], *((one, key) for one, key in keys)]
    return found


MAIN_WAY = [
    ("language", ""),
    ("code", "#"),
    ("consent", "1"),
    ("give_code", "1"),
    ("taken", "1"),
    ("place", "1"),
    ("soon", "6"),
    ("zip", "55407"),
    ("a_number", "000123456#"),
    ("number", "1"),
    ("text", "1"),
    ("hours", "1"),
    ("end", "1"),
    ("new_code", "#"),
]
SIDE_WAYS = [
    # Without an interpreter; 3 and 4 lead there too, until everything is recorded.
    ("leave", "language", [("language", "5")]),
    ("leave_ask", "leave", [("leave", "4")]),
    ("leave_code", "leave", [("leave", "1")]),
    ("leave_code_first", "leave", [("leave", "3")]),
    ("leave_number", "leave_code_first", [("leave_code_first", "1")]),
    ("leave_taken", "leave_number", [("leave_number", "6125550166")]),
    ("other_number", "number", [("number", "2")]),
    ("listened", "code", [("code", "9#")]),
    ("jail_code", "listened", [("listened", "2")]),
    ("consent_jail", "jail_code", [("jail_code", "#")]),
    (
        "number_jail",
        "consent_jail",
        [("consent_jail", "1"), ("give_code", "1"), ("taken", "1"), ("place", "1"), ("soon", "6"), ("zip", "#")],
    ),
]


def form_of(asked: tuple[str, dict[str, str]]) -> str:
    """What a webhook posted, as the server got it."""
    return urlencode(asked[1])


def parsed(body: str) -> dict[str, list[str]]:
    return parse_qs(body)


def every_step() -> Iterator[str]:
    yield from ways()
