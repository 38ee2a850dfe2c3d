"""What the API shows of cases and offers, and what it asks for each deed. No field holds anything personal."""

from datetime import UTC, date, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from notifications.quiet_hours import ZONES
from providers.models import Program, Provider
from referrals import deadlines
from referrals.actions.conflict_holds import LiftReason
from referrals.actions.deadlines import DropReason, is_ahead, rules_of
from referrals.actions.endings import Outcome, ReopenReason, ScreenOutReason
from referrals.actions.notes import MOST_CHARACTERS
from referrals.actions.offers import Appearance, HandReason, Scope, TransferReason
from referrals.actions.screening import ScreenInReason
from referrals.business_time import CHICAGO
from referrals.forms.lawyer import TAKEN_BACK_BY_HAND
from referrals.forms.place import place_fault
from referrals.machine import owner_of
from referrals.models import (
    Case,
    CaseDeadline,
    CaseEvent,
    CertificationRequest,
    CertifyingAgency,
    ClinicSeat,
    ClinicSession,
    DeclineReason,
    Facility,
    LocatorCheck,
    LookedAt,
    LookResult,
    Offer,
    ReferralOutcome,
    ReferralPartner,
    State,
    WarmReferral,
)
from referrals.models.locator import US_STATES
from referrals.selectors import CasePage


class OfferSerializer(serializers.ModelSerializer[Offer]):
    """An offer: to whom, how big, until when, and how it ended."""

    case: serializers.SlugRelatedField[Case] = serializers.SlugRelatedField(slug_field="reference", read_only=True)
    provider = serializers.CharField(source="program.provider.code", read_only=True)
    program_kind = serializers.CharField(source="program.kind", read_only=True)

    class Meta:
        model = Offer
        fields = (
            "id",
            "case",
            "program",
            "provider",
            "program_kind",
            "state",
            "case_type",
            "points",
            "limited_scope",
            "is_provisional",
            "made_by_hand",
            "offered_at",
            "expires_at",
            "no_conflict_at",
            "answered_at",
            "decline_reason",
        )
        read_only_fields = fields


class CaseSerializer(serializers.ModelSerializer[Case]):
    """A case as the queue knows it."""

    owner = serializers.SerializerMethodField()
    facility: serializers.SlugRelatedField[Facility] = serializers.SlugRelatedField(
        slug_field="code", read_only=True, allow_null=True
    )
    is_provisional = serializers.BooleanField(read_only=True)

    class Meta:
        model = Case
        fields = (
            "reference",
            "channel",
            "language",
            "state",
            "state_since",
            "state_due_at",
            "owner",
            "opened_at",
            "closed_at",
            "outcome",
            "case_type",
            "secondary_types",
            "urgency",
            "urgency_reason",
            "custody",
            "facility",
            "part_of_city",
            "is_minor",
            "taken_on",
            "next_deadline",
            "next_deadline_code",
            "screening",
            "is_provisional",
            "residency",
            "income",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=["system", "coordinator", "provider", ""]))
    def get_owner(self, case: Case) -> str:
        """Who must act in this state; empty when nobody must."""
        return str(owner_of(case))


class EventSerializer(serializers.ModelSerializer[CaseEvent]):
    """One entry of the case's log, in codes."""

    class Meta:
        model = CaseEvent
        fields = ("sequence", "kind", "from_state", "to_state", "role", "at", "detail")
        read_only_fields = fields


class LookUpSerializer(serializers.ModelSerializer[LocatorCheck]):
    """One look-up of a person whose place was not known."""

    facility: serializers.SlugRelatedField[Facility] = serializers.SlugRelatedField(
        slug_field="code", read_only=True, allow_null=True
    )

    class Meta:
        model = LocatorCheck
        fields = ("checked_at", "looked_at", "result", "facility", "us_state")
        read_only_fields = fields


class CertificationRequestSerializer(serializers.ModelSerializer[CertificationRequest]):
    """A request for a U visa certification with its clocks."""

    class Meta:
        model = CertificationRequest
        fields = (
            "id",
            "agency",
            "requested_on",
            "in_removal",
            "expedite_asked",
            "city_due",
            "state_due",
            "desk",
            "reminded_on",
            "good_cause_on",
            "certified_on",
            "signed_on",
            "runs_out_on",
            "filed_on",
            "refused_on",
            "withdrawn_on",
        )
        read_only_fields = fields


class SeatSerializer(serializers.ModelSerializer[ClinicSeat]):
    """A seat at a clinic."""

    session: serializers.PrimaryKeyRelatedField[ClinicSession] = serializers.PrimaryKeyRelatedField(read_only=True)

    class Meta:
        model = ClinicSeat
        fields = ("session", "state", "booked_at", "freed_at")
        read_only_fields = fields


class DecisionSerializer(serializers.Serializer[Any]):
    """One routing decision in sentences."""

    at = serializers.CharField()
    summary = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    would_change = serializers.CharField(
        help_text="The first provider that would take the case but for something it could change; may be empty."
    )


class StandingSerializer(serializers.Serializer[Any]):
    """A waiting case's place in line (1 is next) among those that wait for the same providers."""

    place = serializers.IntegerField()
    of = serializers.IntegerField()
    before = serializers.ListField(child=serializers.CharField(), help_text="How many are before it, by reason.")


class DeadlineSerializer(serializers.ModelSerializer[CaseDeadline]):
    """A legal clock that runs: days of America/Chicago, `ends_at` for one of hours. For staff only."""

    class Meta:
        model = CaseDeadline
        fields = ("id", "code", "trigger_on", "raw", "due", "safe_by", "ends_at", "from_answers", "is_ours")
        read_only_fields = fields

    is_ours = serializers.BooleanField(read_only=True)


class WarmReferralSerializer(serializers.ModelSerializer[WarmReferral]):
    """A family sent to somebody outside the fund, and what became of it."""

    partner: serializers.SlugRelatedField[ReferralPartner] = serializers.SlugRelatedField(
        slug_field="code", read_only=True
    )

    class Meta:
        model = WarmReferral
        fields = ("id", "partner", "at", "outcome", "outcome_at")
        read_only_fields = fields


class CaseDetailSerializer(CaseSerializer):
    """A case with its offers, decisions and log, as far as they are the reader's."""

    referred_to: serializers.SlugRelatedField[ReferralPartner] = serializers.SlugRelatedField(
        slug_field="code", read_only=True, allow_null=True
    )
    duplicate_of: serializers.SlugRelatedField[Case] = serializers.SlugRelatedField(
        slug_field="reference", read_only=True, allow_null=True
    )
    continues: serializers.SlugRelatedField[Case] = serializers.SlugRelatedField(
        slug_field="reference", read_only=True, allow_null=True
    )
    offers = serializers.SerializerMethodField()
    referrals = serializers.SerializerMethodField()
    decisions = serializers.SerializerMethodField()
    standing = serializers.SerializerMethodField()
    events = serializers.SerializerMethodField()
    locator_checks = serializers.SerializerMethodField()
    certifications = serializers.SerializerMethodField()
    clinic_seats = serializers.SerializerMethodField()
    deadlines = serializers.SerializerMethodField()

    class Meta(CaseSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *CaseSerializer.Meta.fields,
            "referred_to",
            "duplicate_of",
            "continues",
            "offers",
            "referrals",
            "decisions",
            "standing",
            "events",
            "locator_checks",
            "certifications",
            "clinic_seats",
            "deadlines",
        )
        read_only_fields = fields  # type: ignore[assignment]

    @property
    def page(self) -> CasePage:
        page: CasePage = self.context["page"]
        return page

    @extend_schema_field(OfferSerializer(many=True))
    def get_offers(self, case: Case) -> Any:
        return OfferSerializer(self.page.offers, many=True).data

    @extend_schema_field(WarmReferralSerializer(many=True))
    def get_referrals(self, case: Case) -> Any:
        return WarmReferralSerializer(self.page.referrals, many=True).data

    @extend_schema_field(DecisionSerializer(many=True))
    def get_decisions(self, case: Case) -> Any:
        return DecisionSerializer(self.page.decisions, many=True).data

    @extend_schema_field(DeadlineSerializer(many=True))
    def get_deadlines(self, case: Case) -> Any:
        return DeadlineSerializer(self.page.clocks, many=True).data

    @extend_schema_field(StandingSerializer(allow_null=True))
    def get_standing(self, case: Case) -> Any:
        return StandingSerializer(self.page.standing).data if self.page.standing else None

    @extend_schema_field(EventSerializer(many=True))
    def get_events(self, case: Case) -> Any:
        return EventSerializer(self.page.events, many=True).data

    @extend_schema_field(LookUpSerializer(many=True))
    def get_locator_checks(self, case: Case) -> Any:
        return LookUpSerializer([line.check for line in self.page.look_ups], many=True).data

    @extend_schema_field(CertificationRequestSerializer(many=True))
    def get_certifications(self, case: Case) -> Any:
        return CertificationRequestSerializer(self.page.certifications, many=True).data

    @extend_schema_field(SeatSerializer(many=True))
    def get_clinic_seats(self, case: Case) -> Any:
        return SeatSerializer(self.page.clinic_seats, many=True).data


class ProblemSerializer(serializers.Serializer[Any]):
    """What went wrong; `fields` names what was wrong with each field of the body."""

    detail = serializers.CharField()
    fields_ = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        # `fields` is an attribute of every serializer, so the declaration needs another name.
        fields["fields"] = fields.pop("fields_")
        return fields


class NothingSerializer(serializers.Serializer[Any]):
    """The deed needs nothing said."""


class PassScreeningSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=ScreenInReason.choices)


class OfferByHandSerializer(serializers.Serializer[Any]):
    program = serializers.PrimaryKeyRelatedField(
        queryset=Program.objects.select_related("provider__organization"), pk_field=serializers.IntegerField()
    )
    reason = serializers.ChoiceField(choices=HandReason.choices)


class HoldConflictSerializer(serializers.Serializer[Any]):
    provider = serializers.SlugRelatedField(slug_field="code", queryset=Provider.objects.filter(is_active=True))


class LiftConflictSerializer(serializers.Serializer[Any]):
    provider = serializers.SlugRelatedField(slug_field="code", queryset=Provider.objects.all())
    reason = serializers.ChoiceField(choices=LiftReason.choices)


class EngageSerializer(serializers.Serializer[Any]):
    appearance = serializers.ChoiceField(choices=Appearance.choices)


class StartStageSerializer(serializers.Serializer[Any]):
    stage = serializers.CharField(max_length=20, help_text="Code of a stage, such as merits prep.")


class WithdrawOfferSerializer(serializers.Serializer[Any]):
    offer = serializers.UUIDField()
    reason = serializers.ChoiceField(choices=TAKEN_BACK_BY_HAND)


class TransferSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=TransferReason.choices)
    note = serializers.CharField(
        max_length=MOST_CHARACTERS, required=False, allow_blank=True, help_text="Sealed for whoever has the case next."
    )


class CloseSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=Outcome.choices)


def _partner_of_today(code: str) -> ReferralPartner:
    partner = ReferralPartner.objects.on(datetime.now(UTC).astimezone(CHICAGO).date()).filter(code=code).first()
    if partner is None:
        raise serializers.ValidationError("There is no referral partner with this code.")
    return partner


class ScreenOutSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=ScreenOutReason.choices)
    referred_to = serializers.SlugField(help_text="Code of a referral partner, such as ilcm-intake.")

    def validate_referred_to(self, code: str) -> ReferralPartner:
        return _partner_of_today(code)


class ReferOutSerializer(serializers.Serializer[Any]):
    partner = serializers.SlugField(help_text="Code of a referral partner, such as ilcm-intake.")

    def validate_partner(self, code: str) -> ReferralPartner:
        return _partner_of_today(code)


class ReferralOutcomeSerializer(serializers.Serializer[Any]):
    referral = serializers.PrimaryKeyRelatedField(
        queryset=WarmReferral.objects.select_related("partner"), pk_field=serializers.IntegerField()
    )
    outcome = serializers.ChoiceField(choices=ReferralOutcome.choices)


class EnterTriggerSerializer(serializers.Serializer[Any]):
    """What started a clock, in America/Chicago; `time` for clocks that count hours."""

    code = serializers.CharField(max_length=20, help_text="Of the table of deadlines, such as BIA30.")
    day = serializers.DateField()
    time = serializers.TimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        day, at = attrs["day"], attrs.get("time")
        trigger = datetime.combine(day, at, CHICAGO) if at else day
        try:
            counted = deadlines.due(attrs["code"], trigger, rules=rules_of(attrs["code"]))
        except deadlines.NotCounted as error:
            raise serializers.ValidationError({"code": [str(error)]}) from None
        trigger = trigger if counted.rule.counts_hours else day
        if is_ahead(trigger, datetime.now(UTC)):
            raise serializers.ValidationError({"day": ["That day is still to come."]})
        return {"code": counted.code, "trigger": trigger}


class MeetDeadlineSerializer(serializers.Serializer[Any]):
    deadline = serializers.PrimaryKeyRelatedField(
        queryset=CaseDeadline.objects.running(), pk_field=serializers.UUIDField(), help_text="Of `deadlines`."
    )


class DropDeadlineSerializer(MeetDeadlineSerializer):
    reason = serializers.ChoiceField(choices=DropReason.choices)


class MarkDuplicateSerializer(serializers.Serializer[Any]):
    duplicate_of = serializers.SlugRelatedField(
        slug_field="reference", queryset=Case.objects.exclude(state=State.DUPLICATE)
    )


class ReopenSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=ReopenReason.choices)


class TimeZoneSerializer(serializers.Serializer[Any]):
    time_zone = serializers.ChoiceField(choices=ZONES)


class LocatorCheckSerializer(serializers.Serializer[Any]):
    """A look-up; “found” and “moved” name a facility, or else the state of one that is not in the table."""

    looked_at = serializers.ChoiceField(choices=LookedAt.choices)
    result = serializers.ChoiceField(choices=LookResult.choices)
    facility = serializers.SlugField(required=False, help_text="Code of a facility, such as whipple.")
    us_state = serializers.ChoiceField(choices=US_STATES, required=False)

    def validate_facility(self, code: str) -> Facility:
        facility = Facility.objects.on(datetime.now(UTC).astimezone(CHICAGO).date()).filter(code=code).first()
        if facility is None:
            raise serializers.ValidationError("There is no facility with this code.")
        return facility

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if fault := place_fault(attrs["result"], attrs.get("facility"), attrs.get("us_state", "")):
            raise serializers.ValidationError({"facility": [fault]})
        return attrs


class ClinicSeatSerializer(serializers.Serializer[Any]):
    session = serializers.PrimaryKeyRelatedField(queryset=ClinicSession.objects.all())


class CertificationSerializer(serializers.Serializer[Any]):
    agency = serializers.ChoiceField(choices=CertifyingAgency.choices)
    requested_on = serializers.DateField()
    in_removal = serializers.BooleanField()
    expedite_asked = serializers.BooleanField(help_text="Whether the request itself asked; it cannot be added later.")

    def validate_requested_on(self, day: date) -> date:
        if day > datetime.now(UTC).astimezone(CHICAGO).date():
            raise serializers.ValidationError("This day is in the future.")
        return day


class AcceptSerializer(serializers.Serializer[Any]):
    scope = serializers.ChoiceField(choices=Scope.choices, required=False)


class DeclineSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=DeclineReason.choices)
