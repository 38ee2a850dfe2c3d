"""What a webhook does to a call: one turn, once, under the lock of the call's row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from intake.lookup import normalized_a_number
from intake.models import CodeCheck, PhoneCall
from intake.voice import answers, calls, recordings
from intake.voice.calls import Heard
from intake.voice.checking import Typed, is_full, look_up_later
from intake.voice.lines import desk_answers
from intake.voice.steps import (
    BY_NAME,
    CODES,
    MISSES,
    PERSON_KEY,
    POUND,
    REPEAT,
    SILENCES,
    UNSPOKEN,
    Does,
    Key,
    Kind,
    Step,
    place_of,
)
from web.phone_numbers import e164

# A wait of two seconds each; then nobody looks any more.
WAITS = 30
_SAID_EVERY = 5
_NORMALIZED = {"a_number": normalized_a_number, "phone": e164}


def hear(*, heard: Heard, step: str, turn: int, mark: str, is_detention_line: bool, now: datetime) -> PhoneCall:
    """Takes what was pressed at `step` in `turn` and moves the call on; returns it as it stands then.

    The same webhook again, late or at the same moment, finds another turn and changes nothing; one of `mark` that is
    not this row's was signed for a call that is over.
    """
    with transaction.atomic():
        call = calls.lock(heard)
        if call is None:
            # The carrier never asked for the beginning, or the row is gone: the call begins anew.
            return calls.find_or_begin(heard, is_detention_line=is_detention_line, now=now)
        if call.ended_at is None and (call.step, call.turn, calls.mark_of(call)) == (step, turn, mark):
            call.heard_at = now
            _take(call, BY_NAME[step], heard, now)
            call.save()
    return call


def hang_up(*, heard: Heard, now: datetime) -> None:
    """The carrier says that the call is over. What was said is kept already."""
    with transaction.atomic():
        call = calls.lock(heard)
        if call is not None and call.ended_at is None:
            calls.end(call, now)
            call.save()


def _take(call: PhoneCall, step: Step, heard: Heard, now: datetime) -> None:
    if heard.pressed:
        call.silences = 0
    match step.kind:
        case Kind.WAIT:
            _wait(call, step)
        case Kind.DIAL:
            _after_connecting(call, step, heard, now)
        case Kind.END:
            calls.end(call, now)
        case _:
            _press(call, step, heard, now)


def _press(call: PhoneCall, step: Step, heard: Heard, now: datetime) -> None:
    pressed = heard.pressed
    if pressed == PERSON_KEY:
        call.resume = step.name
        _go(call, "person", now=now)
    elif REPEAT in pressed:
        _again(call)
    elif pressed in step.keys:
        _key(call, step, step.keys[pressed], heard, now)
    elif pressed == POUND or (not pressed and (step.may_pass or step.kind == Kind.NUMBERS)):
        _skip(call, step, now)
    elif step.numbers and pressed:
        _numbers(call, step, heard, now)
    else:
        _miss(call, step, heard, now)


def _key(call: PhoneCall, step: Step, key: Key, heard: Heard, now: datetime) -> None:
    to, values = key.to, key.values(localdate(now))
    match key.does:
        case Does.SPEAK:
            call.language = key.language
            to = to if recordings.can_speak(key.language) else "interpreter"
        case Does.FROM_JAIL:
            call.from_detention = True
        case Does.AGREE | Does.AGREE_UNSAFE:
            call.may_keep_phone = key.does == Does.AGREE and not call.from_detention
            call.has_phone = call.may_keep_phone and bool(e164(heard.caller))
            is_known = call.draft_id is not None
            if not is_known:
                answers.agree(call, heard, now)
            else:
                # Their code from an earlier call that was cut, which is not read out again; only they have it.
                call.has_agreed = True
            # A promise to call back needs a number.
            to = "leave_code_first" if step.name == "leave" and not call.has_phone else to
            to = BY_NAME[to].then if is_known else to
        case Does.THIS_PHONE:
            phone = e164(heard.caller)
            to, values = (to, {"phone": phone, "may_call": "yes"}) if phone else ("other_number", {})
            call.has_phone = call.has_phone or bool(phone)
        case Does.NO_PHONE:
            call.has_phone = False
        case Does.NEW_CODE:
            to = to if answers.new_code(call, heard, now) else "person"
            call.resume = "goodbye"
        case _:
            pass
    _answer(call, step, values, heard, now)
    _go(call, to, now=now)


def _numbers(call: PhoneCall, step: Step, heard: Heard, now: datetime) -> None:
    numbers = step.numbers
    if numbers is None:
        return
    if numbers.does == Does.CHECK_CODE:
        _check_code(call, step, heard, now)
        return
    typed = heard.pressed.rstrip(POUND)
    fits = typed.isascii() and typed.isdigit() and numbers.fewest <= len(typed) <= numbers.most
    read = _NORMALIZED.get(numbers.field, str)(typed) if fits else ""
    if not read:
        _miss(call, step, heard, now)
        return
    values = {numbers.field: read}
    if numbers.does == Does.OTHER_PHONE:
        values["may_call"] = "yes"
        call.has_phone = True
    _answer(call, step, values, heard, now)
    _go(call, step.then, now=now)


def _answer(call: PhoneCall, step: Step, values: Mapping[str, Any], heard: Heard, now: datetime) -> None:
    if values:
        caller = e164(heard.caller) if call.may_keep_phone else ""
        answers.record(call, step.pages, values, caller=caller, now=now)


def _check_code(call: PhoneCall, step: Step, heard: Heard, now: datetime) -> None:
    """Hands on what was typed: it is looked up outside of any webhook."""
    if is_full():
        call.check_state, call.resume = CodeCheck.NONE, "goodbye"
        _go(call, "person", before="code_later")
        return
    call.checks += 1
    call.check_state, call.shown_case_id = CodeCheck.WAITING, None
    call.resume = step.name
    look_up_later(Typed(call.pk, call.checks, heard.pressed, heard.caller))
    _go(call, "checking", now=now)


def _wait(call: PhoneCall, step: Step) -> None:
    """Whether somebody has found out where the code leads."""
    to = {CodeCheck.CASE: "status", CodeCheck.DRAFT: "consent", CodeCheck.UNSENT: "unsent"}.get(
        CodeCheck(call.check_state)
    )
    call.misses += 1
    if to:
        _go(call, to)
    elif call.check_state == CodeCheck.UNKNOWN:
        is_last = call.checks >= CODES
        _go(call, step.then if is_last else call.resume, before="code_unknown", placed=not is_last)
    elif call.misses >= WAITS:
        call.check_state, call.resume = CodeCheck.NONE, "goodbye"
        _go(call, "person", before="code_later")
    else:
        # Nobody listens to a silent line for long.
        waits = "code_busy" if call.check_state == CodeCheck.BUSY else "code_wait"
        _again(call, before=waits if call.misses % _SAID_EVERY == 1 and call.misses > 1 else "")


def _after_connecting(call: PhoneCall, step: Step, heard: Heard, now: datetime) -> None:
    if heard.dialed == "completed":
        _go(call, "over")
    elif step.then == "resume":
        _go(call, call.resume or "goodbye", before="nobody_now" if heard.dialed else "", placed=True)
    elif step.name == "city_line" and not heard.dialed and desk_answers(now):
        # There is no such line for this language: somebody of ours.
        call.resume = place_of(step.then, from_detention=call.from_detention)
        _go(call, "person")
    else:
        _go(call, step.then)


def _skip(call: PhoneCall, step: Step, now: datetime) -> None:
    if step.then == "person":
        call.resume = "goodbye"
    _go(call, step.then, now=now)


def _miss(call: PhoneCall, step: Step, heard: Heard, now: datetime) -> None:
    """Nothing pressed, or something that means nothing here."""
    misses = call.misses + 1
    call.silences += not heard.pressed
    if call.silences >= SILENCES:
        _go(call, "end" if call.has_agreed else "goodbye", now=now)
    elif misses < MISSES:
        _again(call, before="sorry" if heard.pressed else "")
        call.misses = misses
    elif desk_answers(now) and step.then not in ("person", "interpreter", "free_line"):
        call.resume = step.then
        _go(call, "person", now=now)
    else:
        _skip(call, step, now)


def _again(call: PhoneCall, *, before: str = "") -> None:
    call.turn += 1
    call.before = before


def _go(call: PhoneCall, to: str, *, before: str = "", placed: bool = False, now: datetime | None = None) -> None:
    """On to another step. `placed`: it is one that this call has been at, so that nothing stands for it."""
    name = to if placed else place_of(to, from_detention=call.from_detention)
    if name in UNSPOKEN and not placed and not recordings.can_speak(call.language):
        name = UNSPOKEN[name]
    if name == "text" and not call.has_phone:
        name = "end"
    call.step, call.before, call.misses = name, before, 0
    call.turn += 1
