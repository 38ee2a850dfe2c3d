"""A coordinator's own words in place of a wording's: both are sealed together, and the worker opens them to send.

The worker keeps its copy until the text has ended; the hotline and the provider of the case keep theirs like any note.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from notifications.models import Message, MessageState
from notifications.texts import as_of, faults
from privacy import vault, worker_key
from privacy.models import DocumentKind, SealedDocument, WrappedKey

# Ended, or as good as: no text is sent again so long after.
ENDED = (
    MessageState.DELIVERED,
    MessageState.UNDELIVERED,
    MessageState.FAILED,
    MessageState.CANCELLED,
    MessageState.EXPIRED,
)
SURELY_ENDED = timedelta(days=3)
# Words are sealed before the transaction that queues their texts commits: until then no message shows whose they are.
SURELY_COMMITTED = timedelta(hours=1)


class NotNeutral(Exception):
    """The words say what no text may; `faults` are sentences about it."""

    def __init__(self, language: str, found: list[str]) -> None:
        super().__init__(f"the words in {language} may not go out")
        self.language, self.faults = language, found


def edit_waiting(
    *,
    case_id: UUID,
    template: str,
    words: Mapping[str, str],
    readers: Collection[str],
    written_by: str,
    now: datetime,
) -> int:
    """Give the case's waiting texts of `template` other words, by language; returns how many texts.

    In the transaction that queued them. Words that are the wording's own change nothing. Raises `NotNeutral`.
    """
    edited = 0
    for language, text in words.items():
        base = as_of(template, language, None, now)
        if text == base:
            continue
        if found := faults(text):
            raise NotNeutral(language, found)
        waiting = Message.objects.filter(
            case_id=case_id, template=template, language=language, state=MessageState.QUEUED, words_id=None
        )
        if not waiting.exists():
            continue
        subject = uuid4()
        payload = {
            "note": text,
            "base": base,
            "language": language,
            "written_by": written_by,
            "written_at": now.isoformat(),
        }
        vault.seal(
            case_id=case_id,
            kind=DocumentKind.NOTES,
            payload=payload,
            readers=[vault.WORKER, *readers],
            subject=subject,
            now=now,
        )
        edited += waiting.update(words_id=subject)
    return edited


def words_of(message: Message) -> str:
    """What a coordinator wrote for this text, opened by the worker; raises `vault.Unreadable`."""
    keys = worker_key.load().keys()
    document = SealedDocument.objects.filter(
        case_id=message.case_id, kind=DocumentKind.NOTES, subject=message.words_id or message.pk
    ).last()
    if document is None:
        raise vault.Unreadable("no words")
    return str(vault.open_document(document, keys=keys)["note"])


def forget_ended(now: datetime) -> int:
    """Destroy the worker's copies of the words of texts that have ended; returns how many.

    The worker has no other notes: whatever it can open there is a text that waits, or waited.
    """
    wraps = WrappedKey.objects.filter(
        kind=DocumentKind.NOTES, reader=vault.WORKER, created_at__lt=now - SURELY_COMMITTED
    )
    theirs = dict(wraps.values_list("document_id", "pk"))
    subjects = dict(SealedDocument.objects.filter(pk__in=theirs).values_list("subject", "pk"))
    of_words = Message.objects.filter(words_id__in=subjects)
    live = of_words.exclude(state__in=ENDED).filter(created_at__gt=now - SURELY_ENDED)
    kept = {subjects[words_id] for words_id in live.values_list("words_id", flat=True) if words_id}
    return wraps.filter(pk__in=[wrap for document, wrap in theirs.items() if document not in kept]).delete()[0]
