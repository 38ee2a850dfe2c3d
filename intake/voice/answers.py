"""What was said by keys, sealed as it comes: the first answer opens the case, each later one is appended.

Nobody but the worker and the hotline's readers can open it again; this process seals and forgets.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import transaction

from accounts.roles import FAMILY
from intake import actions, corrections
from intake.actions import begin_draft, forget_draft
from intake.answers import contact_columns
from intake.forms.family.reaching import OTHER_LANGUAGE
from intake.lookup import lookup_of
from intake.models import Correction, NoticeShown, PhoneCall
from intake.questions import BY_NAME
from intake.voice import ahead, calls, recordings
from intake.voice.calls import Heard
from notifications.actions import change_contact
from notifications.broker import ask_worker
from privacy import return_codes, vault
from privacy.models import DocumentKind
from referrals import events
from referrals.actions.moves import lock_case
from referrals.actions.sharing import active_provider_readers, hotline_reader
from referrals.facts import Taken
from referrals.models import Case, Channel

# Change it whenever a word of the prompts "notice", "consent" or "leave" changes: it says what a caller agreed to.
NOTICE_VERSION = "call-2026-11-3"
GIVEN_AGAIN = "code_given_again"
# The language of a case whose family speaks none of ours.
UNNAMED = "en"


def agree(call: PhoneCall, heard: Heard, now: datetime) -> None:
    """Notes the caller's yes to the notice, and makes the code to read out. In the transaction that locks `call`."""
    begun = begin_draft(
        language=recordings.heard_in(call.language),
        channel=Channel.PHONE,
        notice=NOTICE_VERSION,
        made=ahead.take(),
        now=now,
    )
    call.has_agreed, call.draft_id = True, begun.draft.row.pk
    calls.keep_code(call, begun.draft.code, heard.sid)


def record(
    call: PhoneCall, pages: Sequence[str], values: Mapping[str, Any], *, caller: str, now: datetime
) -> Case | None:
    """Seals one answer. `caller` is the number to keep, where the caller allowed that, else "".

    None for a case that ended meanwhile: then there is nothing to add to.
    """
    if not call.has_agreed:
        raise PermissionError("no answer is taken before the caller has heard the notice and agreed")
    if call.case_id is None:
        return _open(call, values, caller=caller, now=now)
    return _append(call, pages, values, now)


def _append(call: PhoneCall, pages: Sequence[str], values: Mapping[str, Any], now: datetime) -> Case | None:
    """One answer more, as a correction that the worker lays over what is there.

    What only waits to be laid over is sealed to the worker and the hotline; providers read it in the whole version.
    """
    feeds = {
        name: kind for page in pages for name, kind in BY_NAME[page].feeds.items() if values.get(name) not in (None, "")
    }
    # In the transaction that locks the call: no savepoint, which would be two statements more for each key.
    with transaction.atomic(savepoint=False):
        case = lock_case(call.case_id)  # type: ignore[arg-type]
        if not case.is_open:
            return None
        to_contact = DocumentKind.CONTACT in feeds.values()
        correction = Correction.objects.create(
            # Random and kept nowhere else: from a number made of the call's row the answer could be guessed.
            id=uuid4(),
            case_id=case.pk,
            page=pages[-1],
            contact_id=call.contact_id if to_contact else None,
            sent_at=now,
        )
        hotline = hotline_reader()
        parts = []
        for kind in dict.fromkeys(feeds.values()):
            more = active_provider_readers() if kind == DocumentKind.FILE else []
            payload = corrections.payload_of(kind, feeds, values)
            first = [vault.WORKER] if kind != DocumentKind.FILE else []
            parts.append(vault.Part(kind, payload, [*first, hotline, *more], correction.pk))
        if lookup := _lookup(values):
            parts.append(vault.Part(DocumentKind.LOOKUP, lookup, [vault.WORKER]))
        vault.seal_all(case_id=case.pk, parts=parts, now=now)
        if to_contact and call.contact_id:
            columns = contact_columns(values, answered=feeds)
            if values.get("may_text") == "yes" and "hours" not in values:
                # Called back at any hour is not texted at any hour: that is asked next, and they may hang up before.
                columns["any_hour"] = False
            change_contact(contact_id=call.contact_id, case_id=case.pk, now=now, **columns)
        events.record(case=case, kind=corrections.PRESSED, by=FAMILY, now=now, detail={"page": correction.page})
        transaction.on_commit(partial(ask_worker, "intake.tasks.merge_corrections", [case.pk]), robust=True)
        if lookup:
            transaction.on_commit(partial(ask_worker, "intake.tasks.index_lookup", [case.pk]), robust=True)
    return case


def _lookup(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the case can be found by from now on; nothing where the answer is no number."""
    numbers = {name: values[name] for name in ("phone", "a_number") if values.get(name)}
    return lookup_of(numbers, {}, numbers) if numbers else {}


def _open(call: PhoneCall, values: Mapping[str, Any], *, caller: str, now: datetime) -> Case:
    """The case of this call, from its first answer on."""
    contact_id = uuid4()
    known: dict[str, Any] = {
        "taken": Taken.UNKNOWN,
        # Who pressed 5 speaks another language than these, and is texted in English unless a person asks.
        "spoken": call.language or OTHER_LANGUAGE,
        "text_language": call.language or UNNAMED,
        "phone": caller,
        "may_call": "yes" if caller else "no",
        "may_text": "no",
        "may_voicemail": "no",
        # Who agreed to be called back, at whatever hour they called, is called back; by day only if they say so later.
        "hours": "any" if caller else "day",
        "shared": "",
        "may_contact": "yes",
    }
    case = actions.open_sealed_case(
        known | dict(values),
        language=call.language or UNNAMED,
        channel=Channel.PHONE,
        is_complete=False,
        now=now,
        by=FAMILY,
        contact_id=contact_id,
    )
    call.case_id, call.contact_id = case.pk, contact_id
    if call.draft_id is not None:
        return_codes.attach_case(draft_id=call.draft_id, case_id=case.pk)
        NoticeShown.objects.filter(draft_id=call.draft_id).update(draft_id=None, case_id=case.pk)
        # Nothing is in it: what is sealed of a call is sealed to the case.
        forget_draft(call.draft_id)
        call.draft_id = None
    return case


def new_code(call: PhoneCall, heard: Heard, now: datetime) -> bool:
    """Makes another code for who missed the first, which dies with it; False where that would take somebody else's.

    In the transaction that locks `call`.
    """
    if call.case_id is None:
        if call.draft_id is None:
            return False
        forget_draft(call.draft_id)
        agree(call, heard, now)
        return True
    # Where none is ready it takes a quarter of a second: not while the case is locked.
    made = ahead.take()
    with transaction.atomic():
        case = lock_case(call.case_id)
        if case.duplicate_of_id or return_codes.several_people_have_codes(case.pk):
            return False
        return_codes.replace(case_id=case.pk, lookup_id=made.keys.lookup_id, now=now)
        events.record(case=case, kind=GIVEN_AGAIN, by=FAMILY, now=now)
    calls.keep_code(call, made.code, heard.sid)
    return True
