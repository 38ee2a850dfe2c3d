"""What a coordinator has to do about a case."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from referrals.models.case import Case


class TaskKind(models.TextChoices):
    SCREEN = "screen", "Decide eligibility"
    CALL_BACK = "call_back", "Call the family for what is missing"
    LOCATE = "locate", "Find where the person is held"
    ADD_FACILITY = "add_facility", "Found at a place that is not in the table: have it added"
    CERTIFICATION_LATE = "certification_late", "The agency is late with a U visa certification: remind it"
    CERTIFICATION_ENDS = "certification_ends", "A signed Supplement B runs out: have the petition filed"
    CLINIC_TELL = "clinic_tell", "Clinic: call the family with the day and the place"
    CLINIC_DAY = "clinic_day", "Has a seat at a clinic: note whether they came"
    CLINIC_MISSED = "clinic_missed", "Did not come to the clinic: call"
    CLINIC_AFTER = "clinic_after", "Was at the clinic: decide with the lawyer there what follows"
    HAND_ON = "hand_on", "The provider must not go on with it: hand it on"
    ROOM_SHORT = "room_short", "The new kind of case takes more room than its provider has"
    NO_ROOM = "no_room", "No provider has room: find a place"
    NOBODY_ON_DUTY = "nobody_on_duty", "Offer waits for a closed office: page someone"
    OFFER_ORDER = "offer_order", "The offer order names a coordinator first"
    CHECK_ANSWERS = "check_answers", "Taken up again: check the answers with the family"
    CALL_FAMILY = "call_family", "Text did not arrive: call"
    CALL_NOW = "call_now", "Cannot wait until we open: call the family"
    ANSWER_TEXT = "answer_text", "A text from the family: read and answer it"
    URGENT_TEXT = "urgent_text", "Urgent words in a text: read it now, decide how urgent the case is"
    TEXT_REFUSAL = "text_refusal", "Seems to want no more texts, in other words than STOP: ask"
    LIKELY_DUPLICATE = "likely_duplicate", "Perhaps asked for twice: compare the two requests"
    COMPARE_ANSWERS = "compare_answers", "Joined with another request that knew other things: check the answers"
    NEW_ANSWERS = "new_answers", "New answers from the family: read them"
    CONSENT = "consent", "The family wants no more texts or calls: see the timeline"
    STOP_SHARING = "stop_sharing", "The family wants no more sharing: settle it with them"
    COPY_OF_DATA = "copy_of_data", "The family asks for a copy of its data"
    DELETE_DATA = "delete_data", "The family asks to delete its data"
    REFERRAL_OUTCOME = "referral_outcome", "Referred outside the fund: ask what became of it"


# Calls that a coordinator makes to a family; each has its own clock.
CALLS = (TaskKind.CALL_BACK, TaskKind.CALL_FAMILY, TaskKind.CALL_NOW)
FROM_FAMILY = (TaskKind.ANSWER_TEXT, TaskKind.URGENT_TEXT, TaskKind.TEXT_REFUSAL)
ABOUT_DATA = (TaskKind.COPY_OF_DATA, TaskKind.DELETE_DATA)
# What a family asked has to be answered whether or not the case goes on: a provider reads its file a while longer.
# Whoever was sent elsewhere is asked what became of it, most of all where the fund does nothing more.
OUTLIVES_CASE = (*ABOUT_DATA, *FROM_FAMILY, TaskKind.CONSENT, TaskKind.STOP_SHARING, TaskKind.REFERRAL_OUTCOME)


class CoordinatorTask(models.Model):
    """An open task keeps its case from waiting in silence; one open task of a kind per case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="tasks")
    kind = models.CharField(max_length=20, choices=TaskKind.choices)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by_user_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("due_at",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "kind"], condition=Q(done_at__isnull=True), name="one_open_task_of_a_kind"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="task_open_by_due", condition=Q(done_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.case}"
