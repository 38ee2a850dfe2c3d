"""Offers to providers and the decisions that led to them."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from providers.models import Program, Provider
from referrals.models.case import Case


class OfferState(models.TextChoices):
    LIVE = "live", "Waiting for an answer"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"
    HANDED_ON = "handed_on", "Accepted, then handed on"


class DeclineReason(models.TextChoices):
    CAPACITY = "capacity", "No room"
    CONFLICT = "conflict", "Conflict of interest"
    SCOPE = "scope", "Not a case we take"
    LANGUAGE = "language", "Language"
    VENUE = "venue", "Place or court"
    NO_CONTACT = "no_contact", "Family could not be reached"


class Offer(models.Model):
    """A case put to one program, with the room it takes there from this moment until it ends."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="offers")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="offers")
    state = models.CharField(max_length=10, choices=OfferState.choices, default=OfferState.LIVE)
    case_type = models.CharField(max_length=12)
    points = models.PositiveSmallIntegerField()
    limited_scope = models.BooleanField(default=False)
    is_provisional = models.BooleanField(default=False)
    made_by_hand = models.BooleanField(default=False)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # The provider has read the names and says that nobody stands in the way: before that facts and file stay closed.
    no_conflict_at = models.DateTimeField(null=True)
    no_conflict_by_user_id = models.BigIntegerField(null=True)
    answered_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(max_length=12, choices=DeclineReason.choices, blank=True)
    # The provider cannot read everything yet; the next unlocked hotline request adds what is missing.
    file_follows = models.BooleanField(default=False)
    # When the worker let the accepting provider read the contact.
    contact_shared_at = models.DateTimeField(null=True)
    # The provider has the file in its own system, and says so.
    handed_over_at = models.DateTimeField(null=True)
    # Set once, when the points went back to the program: whatever ends a case gives its room back exactly once.
    room_released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-offered_at",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case"], condition=Q(state="live"), name="one_live_offer_per_case"),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state="accepted", room_released_at__isnull=True),
                name="one_provider_holds_a_case",
            ),
            models.CheckConstraint(condition=Q(state__in=OfferState.values), name="offer_state_known"),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(decline_reason=""), name="decline_gives_a_reason"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], name="offer_live_by_expiry", condition=Q(state="live")),
            models.Index(fields=["expires_at"], name="offer_by_expiry"),
            models.Index(fields=["program", "state"], name="offer_by_program"),
            # Each night the room of every program is counted again, and how many it was offered this week.
            models.Index(fields=["program"], name="offer_holds_room", condition=Q(room_released_at__isnull=True)),
            models.Index(fields=["offered_at", "program"], name="offer_by_week"),
            models.Index(fields=["offered_at"], name="offer_file_follows", condition=Q(file_follows=True)),
            models.Index(
                fields=["answered_at"],
                name="offer_contact_not_shared",
                condition=Q(state="accepted", contact_shared_at__isnull=True, room_released_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} → {self.program}"


class ProviderMailKind(models.TextChoices):
    HALF_TIME = "half_time", "Half of the time to answer is over"
    CASE_LEFT = "case_left", "The case is no longer with the provider"


class ProviderMail(models.Model):
    """One mail to a provider's staff about one offer: each kind once, whatever runs twice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=10, choices=ProviderMailKind.choices)
    made_at = models.DateTimeField()
    # Set before it is handed to the mail server and taken back should that fail.
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("made_at", "id")
        constraints: ClassVar = [models.UniqueConstraint(fields=["offer", "kind"], name="one_mail_of_a_kind")]
        indexes: ClassVar = [
            models.Index(fields=["made_at"], name="provider_mail_left", condition=Q(mailed_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.kind} about {self.offer}"


class ConflictHold(models.Model):
    """A provider that must not be offered a case; never whose conflict it is, nor what it is about.

    Until it is lifted: what was said before that, here or with a decline, counts no more.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="conflict_holds")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "provider"], name="one_conflict_hold_per_provider")
        ]

    def __str__(self) -> str:
        return f"{self.case} not to {self.provider}"


class RoutingDecision(models.Model):
    """Every program considered for a case at one moment and why it was or was not chosen (codes, no words)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="routing_decisions")
    at = models.DateTimeField()
    chosen = models.ForeignKey(Program, on_delete=models.PROTECT, null=True, related_name="+")
    made_by_hand = models.BooleanField(default=False)
    case_type = models.CharField(max_length=12)
    urgency = models.PositiveSmallIntegerField()
    points = models.PositiveSmallIntegerField()
    # Ordered: [{"program": id, "provider": code, "kind": program kind, "verdict": code, …}], see referrals/matching.
    candidates = models.JSONField(default=list)
    seed = models.BigIntegerField()

    class Meta:
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.case} at {self.at:%Y-%m-%d %H:%M}"
