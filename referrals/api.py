"""`/api/v1/`: cases and offers for staff, with the pages' permissions and the pages' actions."""

from datetime import UTC
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import BaseSerializer
from rest_framework.views import exception_handler
from rest_framework.viewsets import GenericViewSet

from accounts.api import IsStaffMember
from accounts.roles import Actor, Role
from accounts.vault import keys_or_none
from referrals import serializers
from referrals.actions import CannotBeOffered, accept_offer, decline_offer, record_no_conflict
from referrals.by_hand import DEEDS, check_may_do
from referrals.deadlines import NotCounted
from referrals.models import Case, Offer, OfferState, State, Urgency
from referrals.policies import WrongState
from referrals.selectors import case_page, visible_cases, visible_offers

PROBLEMS: dict[int, Any] = dict.fromkeys((400, 403, 404, 409), serializers.ProblemSerializer)
READING_PROBLEMS: dict[int, Any] = dict.fromkeys((403, 404), serializers.ProblemSerializer)
LISTING_PROBLEMS: dict[int, Any] = dict.fromkeys((400, 403), serializers.ProblemSerializer)


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Errors as {"detail": …}: wrong state or no room 409, bad data 400 with `fields`, not yours 404, role 403."""
    if isinstance(error, WrongState | CannotBeOffered | NotCounted):
        return Response({"detail": str(error)}, status=409)
    response = exception_handler(error, context)
    if response is not None and isinstance(error, ValidationError):
        fields = error.detail if isinstance(error.detail, dict) else {"body": error.detail}
        response.data = {"detail": "The request is not valid.", "fields": fields}
    return response


class WorksWithCases(BasePermission):
    """Coordinators and providers; the auditor reads. Whose case it is, is decided per object."""

    def has_permission(self, request: Request, view: Any) -> bool:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if actor.role == Role.AUDITOR:
            return request.method in ("GET", "HEAD", "OPTIONS")
        return actor.acts_as(Role.COORDINATOR) or actor.acts_as(Role.PROVIDER_STAFF)


class PagesByTime(CursorPagination):
    """Pages of a list ordered by a time. A cursor that holds no time is not found, like any other broken one."""

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor: Cursor | None = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not _is_moment(str(cursor.position)):
            raise NotFound(self.invalid_cursor_message)
        return cursor


def _is_moment(text: str) -> bool:
    try:
        moment = parse_datetime(text)
        return moment is not None and moment.tzinfo is not None and moment.astimezone(UTC) is not None
    except (ValueError, OverflowError):
        return False


class OldestFirst(PagesByTime):
    ordering = "opened_at"
    page_size = 50


class FirstToLapse(PagesByTime):
    ordering = "expires_at"
    page_size = 50


def actor_in(request: Request) -> Actor:
    """The member; `IsStaffMember` has set it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def choice(request: Request, name: str, allowed: Any) -> str | None:
    """A filter of the address; ValidationError for a value it does not know."""
    value = request.query_params.get(name)
    if value is not None and value not in {str(one) for one in allowed}:
        raise ValidationError({name: [f"Not one of {', '.join(str(one) for one in allowed)}."]})
    return value


def _deed(name: str, asked: type[BaseSerializer[Any]]) -> Any:
    """The endpoint `POST cases/{reference}/{name}/`."""

    def endpoint(self: "CaseViewSet", request: Request, **kwargs: Any) -> Response:
        return self._do(name, asked)

    endpoint.__name__ = name
    endpoint.__doc__ = f"{DEEDS[name].title}."
    documented = extend_schema(
        request=None if asked is serializers.NothingSerializer else asked,
        responses={200: serializers.CaseDetailSerializer, 204: None} | PROBLEMS,
        operation_id=f"cases_{name}",
    )(endpoint)
    return action(detail=True, methods=["post"], url_path=name)(documented)


class CaseViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Case]):
    """Cases: the hotline's and the auditor's are all, a provider's those it is offered or holds."""

    permission_classes = (IsStaffMember, WorksWithCases)
    serializer_class = serializers.CaseSerializer
    pagination_class = OldestFirst
    lookup_field = "reference"
    lookup_value_regex = "[A-Z0-9]{3}-[A-Z0-9]{3}"
    queryset = Case.objects.none()

    def get_queryset(self) -> QuerySet[Case]:
        cases = visible_cases(actor_in(self.request))
        if self.action != "list":
            return cases
        if state := choice(self.request, "state", State.values):
            cases = cases.filter(state=state)
        if tier := choice(self.request, "urgency", Urgency.values):
            cases = cases.filter(urgency=int(tier))
        return cases

    @extend_schema(
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, enum=State.values),
            OpenApiParameter("urgency", OpenApiTypes.INT, enum=Urgency.values),
        ],
        responses={200: serializers.CaseSerializer(many=True)} | LISTING_PROBLEMS,
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Cases, the oldest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={200: serializers.CaseDetailSerializer} | READING_PROBLEMS)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One case with its offers, decisions and log."""
        return self._detail(self.get_object())

    def _detail(self, case: Case) -> Response:
        page = case_page(case, actor_in(self.request), now=timezone.now())
        return Response(serializers.CaseDetailSerializer(case, context={"page": page}).data)

    def _do(self, deed: str, asked: type[BaseSerializer[Any]]) -> Response:
        """Does a deed; answers the case as it is after it, or nothing (204) to a provider it has left."""
        case, by = self.get_object(), actor_in(self.request)
        check_may_do(by, case, deed)
        given = asked(data=self.request.data)
        given.is_valid(raise_exception=True)
        keys = {"keys": keys_or_none(self.request._request)} if DEEDS[deed].takes_keys else {}
        DEEDS[deed].act(case=case, by=by, **keys, **given.validated_data)
        after = visible_cases(by).filter(pk=case.pk).first()
        return self._detail(after) if after else Response(status=204)

    pass_screening = _deed("pass_screening", serializers.PassScreeningSerializer)
    offer = _deed("offer", serializers.OfferByHandSerializer)
    engage = _deed("engage", serializers.EngageSerializer)
    start_stage = _deed("start_stage", serializers.StartStageSerializer)
    request_info = _deed("request_info", serializers.NothingSerializer)
    withdraw_offer = _deed("withdraw_offer", serializers.WithdrawOfferSerializer)
    transfer = _deed("transfer", serializers.TransferSerializer)
    enter_trigger = _deed("enter_trigger", serializers.EnterTriggerSerializer)
    meet_deadline = _deed("meet_deadline", serializers.MeetDeadlineSerializer)
    drop_deadline = _deed("drop_deadline", serializers.DropDeadlineSerializer)
    close = _deed("close", serializers.CloseSerializer)
    screen_out = _deed("screen_out", serializers.ScreenOutSerializer)
    mark_duplicate = _deed("mark_duplicate", serializers.MarkDuplicateSerializer)
    refer_out = _deed("refer_out", serializers.ReferOutSerializer)
    record_referral_outcome = _deed("record_referral_outcome", serializers.ReferralOutcomeSerializer)
    lose_contact = _deed("lose_contact", serializers.NothingSerializer)
    withdraw = _deed("withdraw", serializers.NothingSerializer)
    reopen = _deed("reopen", serializers.ReopenSerializer)
    confirm_handed_over = _deed("confirm_handed_over", serializers.NothingSerializer)
    place_hold = _deed("place_hold", serializers.NothingSerializer)
    lift_hold = _deed("lift_hold", serializers.NothingSerializer)
    record_locator_check = _deed("record_locator_check", serializers.LocatorCheckSerializer)
    set_time_zone = _deed("set_time_zone", serializers.TimeZoneSerializer)
    put_tier_back = _deed("put_tier_back", serializers.NothingSerializer)
    may_have_moved = _deed("may_have_moved", serializers.NothingSerializer)
    book_clinic_seat = _deed("book_clinic_seat", serializers.ClinicSeatSerializer)
    give_up_clinic_seat = _deed("give_up_clinic_seat", serializers.NothingSerializer)
    request_certification = _deed("request_certification", serializers.CertificationSerializer)
    delete_data = _deed("delete_data", serializers.NothingSerializer)
    hold_conflict = _deed("hold_conflict", serializers.HoldConflictSerializer)
    lift_conflict = _deed("lift_conflict", serializers.LiftConflictSerializer)
    must_not_take = _deed("must_not_take", serializers.NothingSerializer)


class OfferViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Offer]):
    """Offers: a provider's own; the hotline and the auditor see all. Only the provider answers."""

    permission_classes = (IsStaffMember, WorksWithCases)
    serializer_class = serializers.OfferSerializer
    pagination_class = FirstToLapse
    lookup_value_regex = "[0-9a-f-]{36}"
    queryset = Offer.objects.none()

    def get_queryset(self) -> QuerySet[Offer]:
        offers = visible_offers(actor_in(self.request))
        if self.action == "list" and (state := choice(self.request, "state", OfferState.values)):
            offers = offers.filter(state=state)
        return offers

    @extend_schema(
        parameters=[OpenApiParameter("state", OpenApiTypes.STR, enum=OfferState.values)],
        responses={200: serializers.OfferSerializer(many=True)} | LISTING_PROBLEMS,
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Offers, the first to lapse first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={200: serializers.OfferSerializer} | READING_PROBLEMS)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One offer."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(request=None, responses={200: serializers.OfferSerializer} | PROBLEMS)
    @action(detail=True, methods=["post"])
    def no_conflict(self, request: Request, pk: str) -> Response:
        """The provider has read the names, and nobody stands in the way: facts and file open to it."""
        return self._answer(record_no_conflict(offer=self.get_object(), by=actor_in(request)))

    @extend_schema(request=serializers.AcceptSerializer, responses={200: serializers.OfferSerializer} | PROBLEMS)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """The provider takes the case, once it has found no conflict (409 before)."""
        offer = self.get_object()
        given = serializers.AcceptSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        keys = keys_or_none(request._request)
        return self._answer(accept_offer(offer=offer, by=actor_in(request), keys=keys, **given.validated_data))

    @extend_schema(request=serializers.DeclineSerializer, responses={200: serializers.OfferSerializer} | PROBLEMS)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """The provider says no with a reason code."""
        offer = self.get_object()
        given = serializers.DeclineSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self._answer(decline_offer(offer=offer, by=actor_in(request), **given.validated_data))

    def _answer(self, offer: Offer) -> Response:
        return Response(serializers.OfferSerializer(offer).data)


router = SimpleRouter()
router.register("cases", CaseViewSet, basename="case")
router.register("offers", OfferViewSet, basename="offer")
