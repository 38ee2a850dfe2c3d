"""A call's present step as TwiML, with the carrier's own builder. Reads, and writes nothing.

Nothing that a caller typed is in it: only which step comes next, and the code that was made for them.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from twilio.twiml.voice_response import Gather, VoiceResponse

from intake.models import PhoneCall
from intake.voice import calls, recordings
from intake.voice.lines import desk_answers, line_of
from intake.voice.prompts import BY_NAME as PROMPTS
from intake.voice.prompts import MENU_IN_ENGLISH, digit, status
from intake.voice.steps import BY_NAME, CODE, Kind, Step
from referrals.business_time import HOTLINE_HOURS
from referrals.models import Case, Urgency

# The carrier's voices for what nobody has recorded yet, by language.
_VOICES = {"en": ("Polly.Joanna", "en-US"), "es": ("Polly.Lupe", "es-US")}
WAIT_SECONDS = 2
_RING_SECONDS = 25
# Between the groups of a code, as one says a number that somebody writes down.
_PAUSE_SECONDS = 2


def render(call: PhoneCall, *, sid: str, now: datetime) -> str:
    """What the phone does now, as TwiML."""
    response = VoiceResponse()
    if call.ended_at is not None:
        response.hangup()
        return str(response)
    step = BY_NAME[call.step]
    match step.kind:
        case Kind.MENU | Kind.NUMBERS:
            response.append(_gather(call, step, sid, now))
        case Kind.WAIT:
            _say(response, call, [call.before or ("" if call.misses else step.says[0])], sid)
            response.pause(length=WAIT_SECONDS)
            response.redirect(_address(call), method="POST")
        case Kind.DIAL:
            _connect(response, call, step, sid, now)
        case Kind.END:
            _say(response, call, [call.before, *step.says], sid)
            response.hangup()
    return str(response)


def accept_collect_call() -> str:
    """What presses the keys that a jail's phone company asks for before it connects a collect call."""
    response = VoiceResponse()
    response.play("", digits=settings.COLLECT_CALL_KEYS)
    response.redirect(settings.PUBLIC_BASE_URL.rstrip("/") + reverse("voice:accepted"), method="POST")
    return str(response)


def _address(call: PhoneCall) -> str:
    """Where the next webhook goes: it names the step, the turn and the row, and nothing that was said."""
    where = reverse("voice:turn", args=[call.step, call.turn, calls.mark_of(call)])
    return _root() + where.removeprefix(reverse("voice:start"))


def _root() -> str:
    return settings.PUBLIC_BASE_URL.rstrip("/") + reverse("voice:start")


def _gather(call: PhoneCall, step: Step, sid: str, now: datetime) -> Gather:
    one_key = step.numbers is None
    gather = Gather(
        input="dtmf",
        action=_address(call),
        method="POST",
        timeout=step.waits,
        # In a menu the pound key is an answer like any other; after a number it ends the number.
        finish_on_key="" if one_key else "#",
        num_digits=1 if one_key or step.numbers is None else step.numbers.most,
        action_on_empty_result=True,
    )
    _say(gather, call, [call.before, *_says(call, step, now)], sid)
    return gather


def _connect(response: VoiceResponse, call: PhoneCall, step: Step, sid: str, now: datetime) -> None:
    number = line_of(call, now)
    if not number:
        closed = "nobody_now" if desk_answers(now) or HOTLINE_HOURS.is_open(now) else "nobody_closed"
        _say(response, call, [call.before, closed if step.name == "person" else ""], sid)
        response.redirect(_address(call), method="POST")
        return
    _say(response, call, [call.before, *step.says], sid)
    # Our number, not the caller's: who answers is to know no more than anybody else.
    dial = response.dial(
        action=_address(call), method="POST", timeout=_RING_SECONDS, caller_id=settings.TWILIO_FROM or None
    )
    dial.number(number)


def _says(call: PhoneCall, step: Step, now: datetime) -> Iterator[str]:
    for name in step.says:
        if name == "end":
            yield _ending(call, now)
        elif name == "status":
            yield _state(call)
        elif name == "jail_ask" and call.from_detention:
            continue
        else:
            yield name


def _ending(call: PhoneCall, now: datetime) -> str:
    """Which promise the call ends with: by the case's tier, and whether anybody is there."""
    if call.case_id is None:
        return "end_nothing"
    if not call.has_phone:
        return "end_no_call"
    urgency = Case.objects.values_list("urgency", flat=True).get(pk=call.case_id)
    if urgency == Urgency.T0:
        return "end_now"
    if not HOTLINE_HOURS.is_open(now):
        return "end_closed"
    return "end_open" if urgency == Urgency.T1 else "end_later"


def _state(call: PhoneCall) -> str:
    case = Case.objects.select_related("duplicate_of").filter(pk=call.shown_case_id).first()
    if case is None:
        # It ended for good between the look-up and this sentence.
        return "code_unknown"
    return status((case.duplicate_of or case).state)


def _say(target: VoiceResponse | Gather, call: PhoneCall, names: list[str], sid: str) -> None:
    names = [name for name in names if name]
    if call.step == "language":
        _say_menu(target, names)
        return
    wanted = {*names, *(map(digit, range(10)) if CODE in names else ())} - {CODE}
    # Who speaks none of our languages hears the two that most people know some of.
    for language in [call.language] if call.language else _VOICES:
        recorded = recordings.approved(language, wanted)
        if language not in _VOICES and set(recorded) != wanted:
            # All of it in their language, or none: half of a sentence in each is understood by nobody.
            recorded = {}
        for name in names:
            if name == CODE:
                _say_code(target, calls.code_of(call, sid), language, recorded)
            else:
                _one(target, name, language, recorded)


def _say_menu(target: VoiceResponse | Gather, names: list[str]) -> None:
    """Each language names itself, recorded or, in English and Spanish, by the carrier's voice."""
    recorded = {language: recordings.approved(language, names) for language, _name in settings.LANGUAGES}
    for name in names:
        for language, there in recorded.items():
            if name in there or language in _VOICES:
                _one(target, name, language, there)
        if name == "menu" and any(name not in recorded[language] for language in ("so", "hmn")):
            _speak(target, MENU_IN_ENGLISH, "en")


def _one(target: VoiceResponse | Gather, name: str, language: str, recorded: dict[str, UUID]) -> None:
    if name in recorded:
        target.play(settings.PUBLIC_BASE_URL.rstrip("/") + reverse("voice:recording", args=[recorded[name]]))
    else:
        # A language without a voice gets here only where nobody has recorded it, and nobody speaks it now.
        spoken = language if language in _VOICES else "en"
        _speak(target, PROMPTS[name].words(spoken), spoken)


def _speak(target: VoiceResponse | Gather, words: str, language: str) -> None:
    voice, locale = _VOICES[language]
    target.say(words, voice=voice, language=locale)


def _say_code(target: VoiceResponse | Gather, code: str, language: str, recorded: dict[str, UUID]) -> None:
    """In groups of four, four and five, with a rest after each."""
    for group in filter(None, (code[:4], code[4:8], code[8:])):
        names = [digit(int(one)) for one in group]
        if all(name in recorded for name in names):
            for name in names:
                _one(target, name, language, recorded)
        else:
            spoken = language if language in _VOICES else "en"
            _speak(target, " ".join(f"{PROMPTS[name].words(spoken)}." for name in names), spoken)
        target.pause(length=_PAUSE_SECONDS)
