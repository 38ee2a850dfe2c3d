"""U visa certifications: their clocks, who may follow them, and what staff read of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Case as Choose
from django.db.models import DateField, Exists, F, OuterRef, Q, QuerySet, When

from accounts.models import User
from accounts.roles import Actor, Role
from referrals.actions.deadlines import rules_of
from referrals.business_time import CHICAGO
from referrals.deadlines import Rule, chicago_day, due
from referrals.models import CertificationRequest, Offer, OfferState
from referrals.models.case import OPEN_STATES
from referrals.models.certification import CITY_AGENCIES

PAGE_SIZE = 50
SIX_MONTHS = "I918B-6M"
CODES = ("U-CITY-30", "U-CITY-7", "U-STATE-90", "U-STATE-14", SIX_MONTHS)
# A signed Supplement B is said to run out this long before it does: a petition is not written in a week.
RUNS_OUT_SOON = timedelta(days=30)

AWAITS_ANSWER = Q(certified_on__isnull=True, refused_on__isnull=True, withdrawn_on__isnull=True)
AWAITS_FILING = Q(certified_on__isnull=False, filed_on__isnull=True)
# The clock that counts now: the City's, unless it does not bind the agency or the agency gave a good cause.
NEXT_DUE = Choose(
    When(Q(city_due__isnull=False, good_cause_on__isnull=True), then=F("city_due")),
    default=F("state_due"),
    output_field=DateField(),
)


@dataclass(frozen=True, slots=True)
class Clocks:
    """When the City (None where it does not bind the agency) and the State want a request answered; days, rolled."""

    city: date | None
    state: date


def law() -> list[Rule]:
    """The dated rows that count certifications."""
    return rules_of(*CODES)


def clocks(agency: str, requested_on: date, *, is_expedited: bool, rules: Iterable[Rule]) -> Clocks:
    """The clocks of a request made on a day; `is_expedited` as in `CertificationRequest`. Raises NotCounted."""
    city, state = ("U-CITY-7", "U-STATE-14") if is_expedited else ("U-CITY-30", "U-STATE-90")
    rules = list(rules)
    citys = _last_day(city, requested_on, rules) if agency in CITY_AGENCIES else None
    return Clocks(citys, _last_day(state, requested_on, rules))


def runs_out(signed_on: date, *, rules: Iterable[Rule]) -> date:
    """The last day on which a petition with a Supplement B signed on a day can be received. Raises NotCounted."""
    return _last_day(SIX_MONTHS, signed_on, rules)


def _last_day(code: str, trigger: date, rules: Iterable[Rule]) -> date:
    return chicago_day(due(code, trigger, rules=rules).due)


def today_of(now: datetime) -> date:
    """The day in Minneapolis."""
    return now.astimezone(CHICAGO).date()


def visible_requests(actor: Actor) -> QuerySet[CertificationRequest]:
    """All for the hotline and the auditor; a provider's are those of the cases it holds."""
    requests = CertificationRequest.objects.select_related("case")
    if actor.acts_as(Role.COORDINATOR) or actor.role == Role.AUDITOR:
        return requests
    if not actor.acts_as(Role.PROVIDER_STAFF) or actor.organization_id is None:
        return requests.none()
    held = Offer.objects.filter(
        case=OuterRef("case"),
        program__provider__organization_id=actor.organization_id,
        state=OfferState.ACCEPTED,
        room_released_at__isnull=True,
    )
    return requests.filter(Exists(held))


def check_may_follow(actor: Actor, request: CertificationRequest) -> None:
    """Raises PermissionDenied unless a coordinator or the staff of the provider that holds the case."""
    may = actor.acts_as(Role.COORDINATOR) or actor.acts_as(Role.PROVIDER_STAFF)
    if not may or not visible_requests(actor).filter(pk=request.pk).exists():
        raise PermissionDenied("The certification is not yours to follow.")


def unanswered(requests: QuerySet[CertificationRequest]) -> QuerySet[CertificationRequest]:
    """Those of open cases whose agency has not answered, with `next_due`, the longest overdue first."""
    waiting = requests.filter(AWAITS_ANSWER, case__state__in=OPEN_STATES)
    return waiting.annotate(next_due=NEXT_DUE).order_by("next_due", "requested_on", "pk")


def unfiled(requests: QuerySet[CertificationRequest]) -> QuerySet[CertificationRequest]:
    """Those of open cases that are certified and whose petition is not filed, the first to run out first."""
    return requests.filter(AWAITS_FILING, case__state__in=OPEN_STATES).order_by("runs_out_on", "pk")


def late(requests: QuerySet[CertificationRequest], today: date) -> QuerySet[CertificationRequest]:
    """The unanswered ones whose clock has run out."""
    return unanswered(requests).filter(Q(city_due__lt=today, good_cause_on__isnull=True) | Q(state_due__lt=today))


def clock_run_out(request: CertificationRequest, today: date) -> date | None:
    """The last clock of an unanswered request that has run out, the State's after the City's; None while none has."""
    ends = [request.state_due]
    if request.city_due is not None and request.good_cause_on is None:
        ends.append(request.city_due)
    return max((end for end in ends if end < today), default=None)


def overdue_count(actor: Actor, today: date) -> int:
    """What the staff header counts: agencies that are late with an answer."""
    return late(visible_requests(actor), today).count()


@dataclass(frozen=True, slots=True)
class Line:
    """A request as a list shows it. `days` to its next clock, negative once it has run out."""

    request: CertificationRequest
    next_due: date
    days: int
    holder: str

    @property
    def is_late(self) -> bool:
        return self.days < 0

    @property
    def words(self) -> str:
        """How long is left: "5 days left", "today", "2 days late"."""
        if self.days == 0:
            return "today"
        number = abs(self.days)
        return f"{number} day{'' if number == 1 else 's'} {'late' if self.is_late else 'left'}"


@dataclass(frozen=True, slots=True)
class Tracker:
    """The page of certifications: what waits for an agency, and what waits for us."""

    waiting: Page[CertificationRequest]
    waiting_lines: list[Line]
    signed: Page[CertificationRequest]
    signed_lines: list[Line]


def tracker(actor: Actor, *, today: date, page: int = 1, signed_page: int = 1) -> Tracker:
    """Both lists for this reader, in a fixed number of queries."""
    visible = visible_requests(actor)
    waiting = Paginator(unanswered(visible), PAGE_SIZE).get_page(page)
    signed = Paginator(unfiled(visible), PAGE_SIZE).get_page(signed_page)
    names = _names([*waiting.object_list, *signed.object_list])
    return Tracker(
        waiting,
        [_line(one, one.next_due, today, names) for one in waiting.object_list],  # type: ignore[attr-defined]
        signed,
        [_line(one, one.runs_out_on or today, today, names) for one in signed.object_list],
    )


@dataclass(frozen=True, slots=True)
class NextClock:
    """The clock of a request that counts now: its code, its last day, and whose it is, in a sentence."""

    code: str
    ends: date
    meaning: str


def next_clock(request: CertificationRequest) -> NextClock:
    """The agency's until it has answered, the petition's after it signed."""
    if request.runs_out_on:
        return NextClock(SIX_MONTHS, request.runs_out_on, "The petition has to be received by this day.")
    if request.city_due is not None and request.good_cause_on is None:
        code = "U-CITY-7" if request.is_expedited else "U-CITY-30"
        return NextClock(code, request.city_due, "Their answer is due: the City's clock.")
    code = "U-STATE-14" if request.is_expedited else "U-STATE-90"
    return NextClock(code, request.state_due, "Their answer is due: the State's clock.")


def line_of(request: CertificationRequest, *, today: date) -> Line:
    """One request with its next clock."""
    return _line(request, next_clock(request).ends, today, _names([request]))


def _line(request: CertificationRequest, ends: date, today: date, names: dict[int, str]) -> Line:
    holder = names.get(request.held_by_user_id or 0, "") or request.get_desk_display()
    return Line(request, ends, (ends - today).days, holder)


def _names(requests: Iterable[CertificationRequest]) -> dict[int, str]:
    people = {one.held_by_user_id or 0 for one in requests}
    return dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
