"""What a family does on the web: begin, save a page, come back with the code, send. And a coordinator's corrections."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.timezone import localdate

from accounts.roles import FAMILY, Actor
from intake import codes
from intake.answers import Answers, contact_columns, document, facts_of
from intake.drafts import DRAFT_LIFE, RECEIPT_LIFE, OpenDraft, open_row
from intake.filling import add_what_was_said, fill
from intake.lookup import lookup_of
from intake.models import Draft, NoticeShown
from intake.phone import said_so_far, still_needed_for_contact
from intake.selectors import newest_facts_version
from notifications.actions import add_contact
from notifications.broker import ask_worker
from privacy import draft_keys, return_codes, vault
from privacy.models import DocumentKind, ReturnCode, SealedDocument
from privacy.return_codes import CodeKeys
from referrals import events
from referrals.actions import open_case, record_facts
from referrals.actions.cases import asks_only_for_information
from referrals.actions.moves import lock_case
from referrals.actions.sharing import active_provider_readers, allowed_provider_readers, hotline_reader
from referrals.facts import Facts
from referrals.models import Case, Channel

# Change it whenever a word of the notice (templates/intake/notice.html) changes: it says what a family agreed to.
NOTICE_VERSION = "2026-11-1"
_SAVE_TRIES = 5


class AlreadySubmitted(Exception):
    """The draft was sent before; nothing was changed."""


class ChangedMeanwhile(Exception):
    """Somebody saved newer answers since these were read; nothing was sent or changed."""


class NotComplete(Exception):
    """A question without an answer stands in the way of sending."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A draft and the key its browser cookie needs."""

    draft: OpenDraft
    cookie_key: bytes = field(repr=False)


def begin_draft(
    *,
    language: str,
    channel: str = Channel.WEB,
    by: Actor = FAMILY,
    interpreted: bool = False,
    notice: str = NOTICE_VERSION,
    for_case: str = "",
    made: return_codes.NewCode | None = None,
    now: datetime | None = None,
) -> Begun:
    """A new empty draft with its return code; notes which notice was shown before it.

    A member (`by`) read the notice aloud and heard the family's yes: they are its witness, and only they may open the
    draft by its cookie. `interpreted`: somebody put what was read into another language. `notice`: which words it was.
    `for_case`: the reference of a case that is there, whose answers are asked in a call-back. `made`: a code that was
    made before, for who cannot wait for one.
    """
    now = now or timezone.now()
    made = made or return_codes.make()
    code, keys = made.code, made.keys
    draft_id = uuid.uuid4()
    data_key, cookie_key = draft_keys.create(draft_id=draft_id, code_key=keys.key, now=now)
    row = Draft(id=draft_id, language=language, expires_at=now + DRAFT_LIFE, created_at=now)
    content = {"code": code, "typed": {}, "saved": {}} | ({"by": by.user_id} if by.user_id else {})
    if for_case:
        content["for_case"] = for_case
    draft = OpenDraft(row, data_key, content)
    row.sealed = draft.seal()
    with transaction.atomic():
        row.save(force_insert=True)
        return_codes.register(lookup_id=keys.lookup_id, draft_id=draft_id, expires_at=row.expires_at, now=now)
        NoticeShown.objects.create(
            draft_id=draft_id,
            version=notice,
            language=language,
            channel=channel,
            witness_user_id=by.user_id,
            is_interpreted=interpreted,
            shown_at=now,
        )
    return Begun(draft, cookie_key)


def resume_draft(*, draft_id: uuid.UUID, keys: CodeKeys, now: datetime | None = None) -> Begun | None:
    """The draft a return code leads to, under a new cookie key; None if it is gone."""
    now = now or timezone.now()
    row = Draft.objects.filter(pk=draft_id, expires_at__gt=now).first()
    if row is None:
        return None
    try:
        data_key, cookie_key = draft_keys.by_code(draft_id, keys.key)
        return Begun(open_row(row, data_key), cookie_key)
    except (draft_keys.KeyGone, vault.Unreadable):
        return None


def save_page(*, draft: OpenDraft, page_name: str, typed: dict[str, list[str]]) -> None:
    """Keeps one page's answers; saves of other pages at the same moment are kept too. Raises `AlreadySubmitted`."""
    for _ in range(_SAVE_TRIES):
        revision = draft.row.revision
        draft.content["typed"] = {**draft.content.get("typed", {}), page_name: typed}
        draft.content["saved"] = {**draft.content.get("saved", {}), page_name: revision + 1}
        sealed = draft.seal()
        unsent = Draft.objects.filter(pk=draft.row.pk, submitted_at__isnull=True)
        if unsent.filter(revision=revision).update(sealed=sealed, revision=revision + 1):
            draft.row.sealed, draft.row.revision = sealed, revision + 1
            return
        if not unsent.exists():
            raise AlreadySubmitted
        draft.reload()
    raise RuntimeError("the draft is being saved from too many places at once")


def submit_draft(
    *, draft: OpenDraft, now: datetime | None = None, by: Actor = FAMILY, is_complete: bool = True
) -> Case:
    """Seals the answers, opens and routes the case, hands the code over to it; leaves a one-day receipt.

    `is_complete` False (a call cut short) sends what was said so far, once that says how to reach the family.
    Nothing is changed when it raises: `NotComplete`, `ChangedMeanwhile`, or `AlreadySubmitted` if this draft already
    became a case.
    """
    now = now or timezone.now()
    answers = draft.answers(now)
    missing = answers.next_page() if is_complete else next(iter(still_needed_for_contact(answers)), None)
    if missing and (is_complete or not draft.for_case):
        raise NotComplete(missing.name)
    values = answers.cleaned() if is_complete else said_so_far(answers)
    with transaction.atomic():
        # Whoever sets this first sends; a second click waits here and then finds it set.
        unsent = Draft.objects.filter(pk=draft.row.pk, submitted_at__isnull=True)
        as_read = unsent.filter(revision=draft.row.revision)
        if not as_read.update(submitted_at=now, expires_at=now + RECEIPT_LIFE):
            raise ChangedMeanwhile if unsent.exists() else AlreadySubmitted
        channel = NoticeShown.objects.values_list("channel", flat=True).get(draft_id=draft.row.pk)
        if draft.for_case:
            case = _fill(draft, values, answers, is_complete=is_complete, now=now, by=by)
        else:
            case = open_sealed_case(
                values, language=draft.row.language, channel=channel, is_complete=is_complete, now=now, by=by
            )
            return_codes.attach_case(draft_id=draft.row.pk, case_id=case.pk)
        NoticeShown.objects.filter(draft_id=draft.row.pk).update(draft_id=None, case_id=case.pk)
        receipt = {
            "code": draft.code,
            "reference": case.reference,
            "urgency": int(case.urgency),
            "residency": str(case.residency),
        }
        if draft.for_case:
            receipt |= {"code": "", "for_case": draft.for_case}
        draft.content = receipt | ({"by": draft.begun_by} if draft.begun_by else {})
        Draft.objects.filter(pk=draft.row.pk).update(sealed=draft.seal())
    draft.row.submitted_at = now
    return case


def _fill(
    draft: OpenDraft, values: dict[str, Any], answers: Answers, *, is_complete: bool, now: datetime, by: Actor
) -> Case:
    """Into the case that is there; its family keeps the code it has, and this draft's dies."""
    ReturnCode.objects.filter(draft_id=draft.row.pk).delete()
    case = Case.objects.get(reference=draft.for_case)
    if is_complete:
        return fill(case=case, values=values, by=by, now=now)
    pages = [page for page in answers.pages() if answers.is_answered(page)]
    return add_what_was_said(case=case, pages=pages, values=values, by=by, now=now)


def wants_only_information(answers: Answers) -> bool:
    """Whether nothing in these answers, all of them given, calls for a lawyer: `end_with_advice` ends such a draft."""
    return asks_only_for_information(facts_of(answers.cleaned(), today=localdate(answers.now)), now=answers.now)


def end_with_advice(*, draft: OpenDraft) -> None:
    """Destroys a draft that needs no lawyer, its code and the note of the notice with it: nothing is kept.

    Nothing is changed when it raises: `ChangedMeanwhile` or `AlreadySubmitted`.
    """
    with transaction.atomic():
        unsent = Draft.objects.filter(pk=draft.row.pk, submitted_at__isnull=True)
        if not unsent.filter(revision=draft.row.revision).delete()[0]:
            raise ChangedMeanwhile if unsent.exists() else AlreadySubmitted
        forget_draft(draft.row.pk)


def forget_draft(draft_id: uuid.UUID) -> None:
    """Destroys the key of a draft, then its row, its code and the note of the notice shown before it. Idempotent."""
    # The key first: if the rest fails, what stays is noise, and the next run finds the row again.
    draft_keys.destroy(draft_id)
    with transaction.atomic():
        ReturnCode.objects.filter(draft_id=draft_id).delete()
        NoticeShown.objects.filter(draft_id=draft_id).delete()
        Draft.objects.filter(pk=draft_id).delete()


def open_sealed_case(
    values: dict[str, Any],
    *,
    language: str,
    channel: str,
    is_complete: bool,
    now: datetime,
    by: Actor,
    contact_id: uuid.UUID | None = None,
) -> Case:
    """Seals the answers, notes how to reach who gave them (under `contact_id`), opens and routes the case."""
    case_id, contact_id = uuid.uuid4(), contact_id or uuid.uuid4()
    facts = facts_of(values, today=localdate(now))
    hotline, providers = hotline_reader(), active_provider_readers()
    contact, names, file = (
        document(kind, values) for kind in (DocumentKind.CONTACT, DocumentKind.NAMES, DocumentKind.FILE)
    )
    parts = [
        vault.Part(DocumentKind.CONTACT, contact, [vault.WORKER, hotline], subject=contact_id),
        vault.Part(DocumentKind.NAMES, names, [hotline, *providers]),
        vault.Part(DocumentKind.FILE, file, [hotline, *providers]),
        vault.Part(DocumentKind.FACTS, facts.to_payload(), [vault.WORKER, hotline, *providers]),
        vault.Part(DocumentKind.LOOKUP, lookup_of(contact, names, file), [vault.WORKER]),
    ]
    vault.seal_all(case_id=case_id, parts=parts, now=now)
    transaction.on_commit(partial(ask_worker, "intake.tasks.index_lookup", [case_id]), robust=True)
    add_contact(
        case_id=case_id,
        contact_id=contact_id,
        **contact_columns(values),
        now=now,
    )
    return open_case(
        case_id=case_id, facts=facts, channel=channel, language=language, by=by, now=now, is_complete=is_complete
    )


def reissue_code(
    *, case: Case, check: codes.Check, by: Actor, contact_id: uuid.UUID | None = None, now: datetime | None = None
) -> str:
    """A new return code for a family that lost theirs, 13 digits to be read out once; the old one dies with it.

    `check` says how the coordinator made sure who is on the phone; `contact_id` which of several people it is, whose
    code alone dies. Nothing is changed when it raises: `codes.ContactNotOpened`, `codes.NothingLeft` or
    PermissionDenied.
    """
    now, check = now or timezone.now(), codes.Check(check)
    # A quarter of a second: not while the case is locked.
    made = return_codes.make()
    with transaction.atomic():
        case = lock_case(case.pk)
        codes.check_may_reissue(case, by=by, now=now)
        return_codes.replace(case_id=case.pk, lookup_id=made.keys.lookup_id, contact_id=contact_id, now=now)
        events.record(case=case, kind=codes.REISSUED, by=by, now=now, detail={"check": check.value})
    return made.code


def correct_facts(
    *, case: Case, facts: Facts, seen_version: int, by: Actor, now: datetime | None = None
) -> SealedDocument:
    """Seals a new version of the deciding answers and has the case triaged again on them.

    `seen_version` is the version they were corrected from (0: none). Nothing is changed when it raises:
    `ChangedMeanwhile` if there is a newer one, or `WrongState` if the case is over.
    """
    now = now or timezone.now()
    with transaction.atomic():
        # Two who correct the same answers come here one after the other, and the second finds the first's version.
        case = lock_case(case.pk)
        if newest_facts_version(case) != seen_version:
            raise ChangedMeanwhile
        case = record_facts(case=case, facts=facts, by=by, now=now)
        providers = allowed_provider_readers(case)
        return vault.seal(
            case_id=case.pk,
            kind=DocumentKind.FACTS,
            payload=facts.to_payload(),
            readers=[vault.WORKER, hotline_reader(), *providers],
            now=now,
        )
