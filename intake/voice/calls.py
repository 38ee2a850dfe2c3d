"""The row of a call, and what is sealed under the call's own id.

The carrier sends the id (`CallSid`, 128 random bits) with every webhook, signed; this side keeps a keyed hash of it to
find the row by. The key of what is sealed is another hash of the same id: with the databases and the installation's
secret, but without the id, nothing of it opens.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from intake.models import PastCall, PhoneCall
from intake.voice.steps import FIRST, OVER
from privacy.draft_keys import DataKey
from privacy.vault import Unreadable

# How long the row of a call is kept after the last thing heard.
KEPT_FOR = timedelta(days=1)
# How long it is known after that that there was such a call.
KNOWN_FOR = timedelta(days=30)
# Letters alone: an address holds no digits that somebody could have typed.
_MARK_LETTERS = 16
_AS_LETTERS = str.maketrans("0123456789", "ghijklmnop")


@dataclass(frozen=True, slots=True)
class Heard:
    """What one webhook says: the call's id, the keys pressed, the caller's number, how a connection ended."""

    sid: str = field(repr=False)
    pressed: str = field(default="", repr=False)
    caller: str = field(default="", repr=False)
    dialed: str = ""


def sid_hash(sid: str) -> bytes:
    return _keyed("call row", sid)


def key_of(sid: str) -> DataKey:
    """The key of what is sealed in the call's row."""
    return DataKey(_keyed("call key", sid))


def mark_of(call: PhoneCall) -> str:
    """What stands in each address of this call: one that was signed for another row of the same id moves nothing."""
    return _keyed("call mark", str(call.pk)).hex()[:_MARK_LETTERS].translate(_AS_LETTERS)


def find_or_begin(heard: Heard, *, is_detention_line: bool, now: datetime) -> PhoneCall:
    """The call's row; a new call begins at the first step. The same call again finds the same row.

    A call of an earlier day is over, and nothing is written for it.
    """
    if (there := PhoneCall.objects.filter(sid_hash=sid_hash(heard.sid)).first()) is not None:
        return there
    if PastCall.objects.filter(sid_hash=sid_hash(heard.sid)).exists():
        return PhoneCall(step=OVER, began_at=now, heard_at=now, ended_at=now)
    call, _made = PhoneCall.objects.get_or_create(
        sid_hash=sid_hash(heard.sid),
        defaults={"step": FIRST, "from_detention": is_detention_line, "began_at": now, "heard_at": now},
    )
    return call


def has_not_moved(call: PhoneCall) -> bool:
    """Whether the call still waits for its first key."""
    return (call.step, call.turn, call.ended_at) == (FIRST, 0, None)


def lock(heard: Heard) -> PhoneCall | None:
    """The call's row, locked until the transaction ends."""
    return PhoneCall.objects.select_for_update().filter(sid_hash=sid_hash(heard.sid)).first()


def keep_code(call: PhoneCall, code: str, sid: str) -> None:
    """Seal the code to be read out in this call."""
    call.sealed = key_of(sid).seal({"code": code}, context=_context(call))


def code_of(call: PhoneCall, sid: str) -> str:
    """The code to read out, 13 digits; "" where there is none any more."""
    if not call.sealed:
        return ""
    try:
        return str(key_of(sid).open(bytes(call.sealed), context=_context(call))["code"])
    except Unreadable:
        return ""


def end(call: PhoneCall, now: datetime) -> None:
    """The call is over: nothing of it can be read out any more."""
    call.ended_at, call.sealed = now, b""


def purge(now: datetime) -> int:
    """Delete the rows of calls that were heard of last a day ago, and keep for a month that they were; how many.

    A signed request has no end of its own: said again after the row went, it would begin a second call.
    """
    PastCall.objects.filter(on__lt=localdate(now - KNOWN_FOR)).delete()
    with transaction.atomic():
        gone = list(PhoneCall.objects.select_for_update().filter(heard_at__lt=now - KEPT_FOR))
        known = [PastCall(sid_hash=call.sid_hash, on=localdate(now)) for call in gone]
        PastCall.objects.bulk_create(known, ignore_conflicts=True)
        PhoneCall.objects.filter(pk__in=[call.pk for call in gone]).delete()
    return len(gone)


def _context(call: PhoneCall) -> str:
    return f"call {call.pk}"


def _keyed(purpose: str, sid: str) -> bytes:
    secret = hashlib.sha256(f"phone call|{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(secret, f"{purpose}|{sid}".encode(), hashlib.sha256).digest()
