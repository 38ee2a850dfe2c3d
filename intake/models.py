"""The unsent draft of a family's answers, the notices shown, corrections, who may have asked twice, calls and what they
play."""

import uuid
from typing import ClassVar

from django.db import models

from referrals.models import Case


class Draft(models.Model):
    """Answers on the way, sealed under a random key that only the browser's cookie or the return code unwraps.

    After submission the same row keeps, for a day, only what the last page shows again (code and reference).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed = models.BinaryField()
    language = models.CharField(max_length=8)
    # Counts saves: a page sent from a stale tab or a back button is told so instead of overwriting newer answers.
    revision = models.PositiveIntegerField(default=0)
    submitted_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"draft {self.id}"


class NoticeShown(models.Model):
    """Which version of the notice a family saw or heard, in which language and channel, before the first answer."""

    draft_id = models.UUIDField(null=True, unique=True)
    case_id = models.UUIDField(null=True, db_index=True)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=8)
    channel = models.CharField(max_length=8)
    # Who read it aloud and heard the family's yes; nobody where the family read it themselves.
    witness_user_id = models.BigIntegerField(null=True)
    is_interpreted = models.BooleanField(default=False)
    shown_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(draft_id__isnull=True) ^ models.Q(case_id__isnull=True),
                name="notice_of_draft_or_case",
            )
        ]

    def __str__(self) -> str:
        return f"notice {self.version} {self.language}"


class MatchedBy(models.TextChoices):
    """By what two cases are probably about one person."""

    A_NUMBER = "a_number", "The same A-number"
    PERSON = "person", "Two names that sound the same, and the same birth day"
    PHONE = "phone", "The same phone, and one of the two was told by keys alone"
    BY_HAND = "by_hand", "Named by a coordinator"


class PairState(models.TextChoices):
    OPEN = "open", "To be compared"
    NOT_SAME = "not_same", "Not the same person"
    MERGED = "merged", "The same person, joined"


class LikelyDuplicate(models.Model):
    """Two cases that are probably about one person, found by the worker; a coordinator decides."""

    # In the order of their ids, so that a pair has one row whichever of the two it was found from.
    one = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    matched_by = models.CharField(max_length=10, choices=MatchedBy.choices)
    state = models.CharField(max_length=10, choices=PairState.choices, default=PairState.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_user_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("found_at", "pk")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["one", "other"], name="one_row_per_pair"),
            models.CheckConstraint(condition=models.Q(one__lt=models.F("other")), name="pair_in_order"),
            models.CheckConstraint(
                condition=models.Q(state="open") ^ models.Q(decided_at__isnull=False), name="pair_decided_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one} and {self.other}"

    def beside(self, case: Case) -> Case:
        """The other one of the two."""
        return self.other if self.one_id == case.pk else self.one


class Correction(models.Model):
    """One page that a family answered again after sending, or what staff found out since; sealed under this row's id
    as subject."""

    # Made from the page's own random number and what was typed: the same page sent twice is one correction.
    id = models.UUIDField(primary_key=True, editable=False)
    case_id = models.UUIDField(db_index=True)
    # The name of the page, as in `intake.questions.PAGES`; `corrections.LEARNED` for what staff found out.
    page = models.CharField(max_length=20)
    # Whose contact it changes; null for a page that changes none.
    contact_id = models.UUIDField(null=True)
    sent_at = models.DateTimeField()
    # When the worker had put it together with the earlier answers; at once where the worker has nothing to do.
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["case_id"], name="correction_waiting", condition=models.Q(settled_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"correction {self.id}"


class CodeCheck(models.TextChoices):
    """What is known of a code that was typed in a call; the code itself is stored nowhere."""

    NONE = "", "None typed"
    WAITING = "waiting", "Is looked up"
    BUSY = "busy", "Too many are being tried"
    UNKNOWN = "unknown", "Leads nowhere"
    CASE = "case", "Leads to a request"
    DRAFT = "draft", "Leads to a call that was cut before the first answer"
    UNSENT = "unsent", "Leads to answers on the web that are not sent"


class PhoneCall(models.Model):
    """Where one call on the line of keys stands; deleted a day after it ends. No answer is kept here.

    The carrier's id of the call is not kept, only a keyed hash of it: each webhook brings it along, and with it the key
    of what is `sealed` (docs/adr/0034-a-call-is-opened-by-its-own-id.md).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sid_hash = models.BinaryField(max_length=32, unique=True)
    language = models.CharField(max_length=8, blank=True)
    step = models.CharField(max_length=20)
    # Counts what was heard: a webhook that comes again names an earlier turn, and changes nothing.
    turn = models.PositiveIntegerField(default=0)
    # A prompt said once before the step's own.
    before = models.CharField(max_length=20, blank=True)
    # Where the call goes on when nobody could be reached.
    resume = models.CharField(max_length=20, blank=True)
    misses = models.PositiveSmallIntegerField(default=0)
    silences = models.PositiveSmallIntegerField(default=0)
    from_detention = models.BooleanField(default=False)
    has_agreed = models.BooleanField(default=False)
    may_keep_phone = models.BooleanField(default=False)
    has_phone = models.BooleanField(default=False)
    draft_id = models.UUIDField(null=True)
    case_id = models.UUIDField(null=True)
    contact_id = models.UUIDField(null=True)
    # The return code that is read out, under the call's own id; gone when the call ends.
    sealed = models.BinaryField(default=b"")
    check_state = models.CharField(max_length=8, choices=CodeCheck.choices, default=CodeCheck.NONE, blank=True)
    checks = models.PositiveSmallIntegerField(default=0)
    # The request that the typed code leads to.
    shown_case_id = models.UUIDField(null=True)
    began_at = models.DateTimeField()
    heard_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"call {self.id} at {self.step}"


class PastCall(models.Model):
    """That a call was, for a month after its row went: a request signed for it then, sent again, begins nothing."""

    # The row's own keyed hash of the carrier's id.
    sid_hash = models.BinaryField(max_length=32, unique=True)
    # The day on which its row went.
    on = models.DateField(db_index=True)

    def __str__(self) -> str:
        return f"a call before {self.on}"


class PromptRecording(models.Model):
    """One recording of one sentence of the phone line; played once it is approved and while it says the words asked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("sentence", max_length=30)
    language = models.CharField(max_length=8)
    audio = models.BinaryField()
    content_type = models.CharField(max_length=20)
    # Of the words that were to be said when it was recorded: others since, and it is not played.
    words_hash = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()
    uploaded_by_user_id = models.BigIntegerField()
    approved_at = models.DateTimeField(null=True)
    approved_by_user_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("name", "language", "-uploaded_at")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(approved_at__isnull=True, approved_by_user_id__isnull=True)
                | models.Q(approved_at__isnull=False, approved_by_user_id__isnull=False),
                name="recording_approved_by_somebody",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["language", "name"], name="recording_approved", condition=models.Q(approved_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"
