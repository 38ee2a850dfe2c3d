"""The case: what the clock and the queue need, its states, and its event log. Never an identity."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django_fsm import GET_STATE, ConcurrentTransitionMixin, FSMField, FSMFieldDescriptor, transition

from accounts.roles import Role
from referrals.models.rules import Custody, Facility, PartOfCity, ReferralPartner, Residency, TriageRule


class State(models.TextChoices):
    RECEIVED = "received", "Received"
    NEEDS_INFO = "needs_info", "Needs information"
    SCREENED = "screened", "Screened"
    WAITLISTED = "waitlisted", "Waiting for room"
    OFFERED = "offered", "Offered"
    ACCEPTED = "accepted", "Accepted"
    REPRESENTED = "represented", "Represented"
    CLOSED = "closed", "Closed"
    NOT_ELIGIBLE = "not_eligible", "Not eligible"
    WITHDRAWN = "withdrawn", "Withdrawn"
    DUPLICATE = "duplicate", "Duplicate"
    LOST_CONTACT = "lost_contact", "Lost contact"


OPEN_STATES = (
    State.RECEIVED,
    State.NEEDS_INFO,
    State.SCREENED,
    State.WAITLISTED,
    State.OFFERED,
    State.ACCEPTED,
    State.REPRESENTED,
)


# Who is a person, and not the system or the family itself; in the order of the index on their events.
PEOPLE = (Role.COORDINATOR, Role.HOTLINE_LEAD, Role.PROVIDER_STAFF, Role.PROVIDER_LEAD)


class Channel(models.TextChoices):
    WEB = "web", "Web"
    PHONE = "phone", "Phone"
    STAFF = "staff", "Coordinator"


class Urgency(models.IntegerChoices):
    T0 = 0, "T0 · now"
    T1 = 1, "T1 · within 4 hours"
    T2 = 2, "T2 · within 1 business day"
    T3 = 3, "T3 · within 3 business days"


class Screening(models.TextChoices):
    PENDING = "pending", "Pending"
    PASSED = "passed", "Passed"
    FAILED = "failed", "Failed"


class IncomeVerdict(models.TextChoices):
    WITHIN = "within", "At or below the line"
    PRESUMED = "presumed", "Presumed: held, no income known"
    HARDSHIP = "hardship", "Above the line, within the hardship line"
    OVER = "over", "Above the line"
    UNKNOWN = "unknown", "Not known"


def _screened_or_received(case: "Case") -> str:
    """Where an unanswered or refused offer leads back to: screening may still be pending for a T0 case."""
    return State.SCREENED if case.screening == Screening.PASSED else State.RECEIVED


def _is_t0_and_unscreened(case: "Case") -> bool:
    return case.urgency == Urgency.T0 and case.screening == Screening.PENDING


def may_be_offered(case: Any) -> bool:
    """Before screening only a T0 case is offered, provisionally."""
    if case.state in (State.RECEIVED, State.NEEDS_INFO):
        return _is_t0_and_unscreened(case)
    return case.state in (State.SCREENED, State.WAITLISTED)


def may_be_screened_out(case: Any) -> bool:
    """Once offered, only a provisional case (screening still pending) can be found not eligible."""
    return case.state not in (State.OFFERED, State.ACCEPTED) or case.screening == Screening.PENDING


class _State(FSMFieldDescriptor):
    """Nobody sets the state but a transition, and a case that is read anew, each instance for itself.

    The library lifts the protection of the whole class meanwhile and puts it back after: another thread that reads its
    own case anew at that moment finds it back too early, and its request fails after it has been committed.
    """

    def __set__(self, instance: Any, value: Any) -> None:
        if instance.is_read_anew:
            self.field.set_state(instance, value)
        else:
            super().__set__(instance, value)


class Case(ConcurrentTransitionMixin, models.Model):
    """One person's need for a lawyer. Columns hold operational codes only; the identity is sealed by `privacy`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=7, unique=True)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    language = models.CharField(max_length=8)
    state = FSMField(default=State.RECEIVED, choices=State.choices, protected=True)
    state.descriptor_class = _State
    state_since = models.DateTimeField()
    # When the owner of the state must have acted; null only in states without an owner (nothing left to do).
    state_due_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)

    case_type = models.CharField(max_length=12)
    secondary_types = models.JSONField(default=list)
    triage_rule = models.ForeignKey(TriageRule, on_delete=models.PROTECT, null=True, related_name="+")
    urgency = models.PositiveSmallIntegerField(choices=Urgency.choices)
    urgency_reason = models.CharField(max_length=40)
    # The tier of the answers alone, as long as a legal clock or urgent words in a text make the case more urgent.
    urgency_without_clocks = models.PositiveSmallIntegerField(choices=Urgency.choices, null=True)
    urgency_reason_without_clocks = models.CharField(max_length=40, blank=True, default="", db_default="")
    # When the family texted urgent words that no person has found to be none: until then the case is T0.
    said_urgent_at = models.DateTimeField(null=True)
    custody = models.CharField(max_length=20, choices=Custody.choices, default=Custody.UNKNOWN)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+")
    part_of_city = models.CharField(max_length=12, choices=PartOfCity.choices, blank=True)
    is_minor = models.BooleanField(null=True)
    taken_on = models.DateField(null=True)
    next_deadline = models.DateTimeField(null=True)
    next_deadline_code = models.CharField(max_length=20, blank=True)

    screening = models.CharField(max_length=8, choices=Screening.choices, default=Screening.PENDING)
    screening_due_at = models.DateTimeField(null=True)
    residency = models.CharField(max_length=12, choices=Residency.choices, default=Residency.UNKNOWN)
    income = models.CharField(max_length=12, choices=IncomeVerdict.choices, default=IncomeVerdict.UNKNOWN)
    referred_to = models.ForeignKey(ReferralPartner, on_delete=models.PROTECT, null=True, related_name="+")
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="duplicates")

    # The case of which another provider does a part; this one is the rest.
    continues = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="continued_by")

    # The last event appended through this instance, which holds the row's lock: saves asking for it at each event.
    newest_event: "CaseEvent | None" = None
    is_read_anew = False

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="case_state_known"),
            models.CheckConstraint(condition=Q(urgency__in=Urgency.values), name="case_urgency_known"),
            models.CheckConstraint(
                condition=~Q(state__in=OPEN_STATES) | Q(state_due_at__isnull=False), name="open_case_has_a_clock"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.DUPLICATE) | Q(duplicate_of__isnull=False), name="duplicate_names_its_case"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["urgency", "next_deadline", "opened_at"],
                name="open_case_queue",
                condition=Q(state__in=OPEN_STATES),
            ),
            models.Index(fields=["opened_at"], name="case_by_age"),
        ]

    def __str__(self) -> str:
        return self.reference

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        self.is_read_anew = True
        try:
            super().refresh_from_db(*args, **kwargs)
        finally:
            self.is_read_anew = False
        self.newest_event = None

    def _get_protected_fsm_fields(self) -> set[str]:
        """None whose protection the library would lift for everybody: `_State` lifts it for this instance."""
        return set()

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_provisional(self) -> bool:
        return self.screening == Screening.PENDING and self.state in (State.OFFERED, State.ACCEPTED)

    # The transitions. Roles, texts, owners and clocks stand beside them in referrals/machine.py.

    @transition(field=state, source=State.RECEIVED, target=State.NEEDS_INFO)
    def request_info(self) -> None: ...

    @transition(field=state, source=State.NEEDS_INFO, target=State.RECEIVED)
    def info_received(self) -> None: ...

    @transition(field=state, source=State.RECEIVED, target=State.SCREENED)
    def screen_in(self) -> None:
        self.screening = Screening.PASSED

    @transition(
        field=state,
        source=[
            State.RECEIVED,
            State.NEEDS_INFO,
            State.SCREENED,
            State.WAITLISTED,
            State.OFFERED,
            State.ACCEPTED,
        ],
        target=State.NOT_ELIGIBLE,
        conditions=[may_be_screened_out],
    )
    def screen_out(self) -> None:
        self.screening = Screening.FAILED

    @transition(
        field=state,
        source=[State.SCREENED, State.WAITLISTED, State.RECEIVED, State.NEEDS_INFO],
        target=State.OFFERED,
        conditions=[may_be_offered],
    )
    def offer(self) -> None: ...

    @transition(field=state, source=State.OFFERED, target=State.ACCEPTED)
    def accept(self) -> None: ...

    @transition(
        field=state,
        source=State.OFFERED,
        target=GET_STATE(_screened_or_received, states=[State.SCREENED, State.RECEIVED]),
    )
    def decline(self) -> None: ...

    @transition(
        field=state,
        source=State.OFFERED,
        target=GET_STATE(_screened_or_received, states=[State.SCREENED, State.RECEIVED]),
    )
    def expire(self) -> None: ...

    @transition(
        field=state,
        source=State.OFFERED,
        target=GET_STATE(_screened_or_received, states=[State.SCREENED, State.RECEIVED]),
    )
    def withdraw_offer(self) -> None: ...

    @transition(field=state, source=State.SCREENED, target=State.WAITLISTED)
    def waitlist(self) -> None: ...

    @transition(field=state, source=State.ACCEPTED, target=State.REPRESENTED)
    def engage(self) -> None: ...

    @transition(field=state, source=[State.ACCEPTED, State.REPRESENTED], target=State.SCREENED)
    def transfer(self) -> None: ...

    @transition(field=state, source=[State.ACCEPTED, State.REPRESENTED], target=State.CLOSED)
    def close(self) -> None: ...

    @transition(field=state, source=list(OPEN_STATES), target=State.WITHDRAWN)
    def withdraw(self) -> None: ...

    @transition(field=state, source=list(OPEN_STATES), target=State.DUPLICATE)
    def mark_duplicate(self) -> None: ...

    @transition(field=state, source=list(OPEN_STATES), target=State.LOST_CONTACT)
    def lose_contact(self) -> None: ...

    @transition(
        field=state,
        source=[State.CLOSED, State.LOST_CONTACT, State.NOT_ELIGIBLE, State.WITHDRAWN],
        target=State.RECEIVED,
    )
    def reopen(self) -> None:
        self.screening = Screening.PENDING


class CustodyPeriod(models.Model):
    """Where the person was held from a day on; the newest row is today's."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="custody_periods")
    custody = models.CharField(max_length=20, choices=Custody.choices)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+")
    since = models.DateTimeField()

    class Meta:
        ordering = ("since", "id")

    def __str__(self) -> str:
        return f"{self.case} {self.custody} since {self.since:%Y-%m-%d}"


class CaseEvent(models.Model):
    """One thing that happened to a case: append-only, hash-chained per case, codes and ids only.

    `hash` is SHA-256 over the previous event's hash and this row's canonical JSON (referrals/events.py). Triggers
    refuse UPDATE and DELETE.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16, blank=True)
    role = models.CharField(max_length=20)
    user_id = models.BigIntegerField(null=True)
    organization_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(db_index=True)
    detail = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("case", "sequence")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "sequence"], name="one_event_per_sequence"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "at"], name="event_kind_at"),
            # A member's openings of the last hour are counted at each opening.
            models.Index(fields=["user_id", "at"], name="event_opened_by", condition=Q(kind="opened_document")),
            # Whether a person has answered yet is asked of every open case; the system's events do not count.
            models.Index(fields=["case", "at"], name="event_by_people", condition=Q(role__in=PEOPLE)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} #{self.sequence} {self.kind}"
