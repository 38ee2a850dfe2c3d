"""The clocks of the cases a member works on, as iCalendar: references and codes, no name and no other word.

They are the legal clocks, and those of U visa certifications: when an agency's answer is due, and until when the signed
Supplement B has to be filed.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from icalendar import Alarm, Calendar, Event

from accounts.access import actor_of
from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES, Actor
from referrals.actions.calendars import hash_of
from referrals.certifications import NextClock, next_clock, unanswered, unfiled, visible_requests
from referrals.models import Assignment, CalendarFeed, CaseDeadline, CertificationRequest, Offer, OfferState
from referrals.models.deadline import LegalStatus, running_in_open_cases

REMIND_BEFORE = timedelta(days=2)
# A feed is one page of work: whoever works on more cases than this has a queue, not a calendar.
MOST = 1000


def reader_of(token: str) -> Actor | None:
    """The member whose address has this token, while they are one and may work on cases; else None."""
    feed = CalendarFeed.objects.filter(token_hash=hash_of(token)).select_related("user").first()
    if feed is None or not feed.user.is_active:
        return None
    actor = actor_of(feed.user)
    return actor if actor is not None and actor.role in HOTLINE_ROLES | PROVIDER_ROLES else None


def clocks_for(actor: Actor) -> list[CaseDeadline]:
    """The running clocks of the cases this member works on in their organization; one query."""
    mine = running_in_open_cases().filter(case__in=_work_of(actor).values("case"))
    if actor.role in PROVIDER_ROLES:
        held = Offer.objects.filter(
            case=OuterRef("case"),
            state=OfferState.ACCEPTED,
            room_released_at__isnull=True,
            program__provider__organization=actor.organization_id,
        )
        mine = mine.filter(Exists(held))
    return list(mine.select_related("case", "rule").order_by("safe_by", "code", "pk")[:MOST])


def certifications_for(actor: Actor) -> list[CertificationRequest]:
    """The certifications of the same cases that wait for an agency or for the petition; two queries."""
    mine = visible_requests(actor).filter(case__in=_work_of(actor).values("case"))
    return [*unanswered(mine)[:MOST], *unfiled(mine)[:MOST]]


def _work_of(actor: Actor) -> QuerySet[Assignment]:
    return Assignment.objects.filter(user_id=actor.user_id or 0, organization=actor.organization_id)


def as_ical(rows: Iterable[CaseDeadline], requests: Iterable[CertificationRequest] = ()) -> bytes:
    """One event per clock, with an alarm two days before."""
    calendar = Calendar()
    calendar.add("prodid", "-//Intake and referral//Legal clocks//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Legal clocks")
    for row in rows:
        calendar.add_component(_of_deadline(row))
    for request in requests:
        calendar.add_component(_of_certification(request, next_clock(request)))
    content: bytes = calendar.to_ical()
    return content


def _of_deadline(row: CaseDeadline) -> Event:
    # The same for a clock that was entered again: a calendar moves its event instead of keeping both.
    uid = f"{row.case.reference}-{row.code}"
    return _event(f"{row.case.reference} {row.code}", uid, row.changed_at, _start(row), _description(row))


def _of_certification(request: CertificationRequest, clock: NextClock) -> Event:
    reference = request.case.reference
    description = f"{request.get_agency_display()}. {clock.meaning}"
    # Two agencies may be asked at once.
    uid = f"{reference}-{clock.code}-{request.agency}"
    return _event(f"{reference} {clock.code}", uid, request.entered_at, clock.ends, description)


def _event(name: str, uid: str, changed_at: datetime, start: date | datetime, description: str) -> Event:
    event = Event()
    event.add("uid", f"{uid}@legal-clocks".lower())
    event.add("dtstamp", changed_at.astimezone(UTC))
    event.add("summary", name)
    event.add("dtstart", start)
    event.add("description", description)
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", name)
    alarm.add("trigger", -REMIND_BEFORE)
    event.add_component(alarm)
    return event


def _start(row: CaseDeadline) -> date | datetime:
    """The safe day; the instant of a clock of hours. A date the family named has its day only."""
    return row.ends_at.astimezone(UTC) if row.ends_at and row.rule_id else row.safe_by


def _description(row: CaseDeadline) -> str:
    if row.rule is None:
        return "The date the family named: check it with the court."
    status = "" if row.rule.status == LegalStatus.IN_FORCE else f" {row.rule.get_status_display()}."
    if row.ends_at:
        return f"A clock of hours.{status}"
    return f"Safe by {row.safe_by.isoformat()}, last day {row.due.isoformat()}.{status}"
