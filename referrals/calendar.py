"""The clocks of the cases a member works on, as iCalendar: references and codes, no name and no other word."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db.models import Exists, OuterRef
from icalendar import Alarm, Calendar, Event

from accounts.access import actor_of
from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES, Actor
from referrals.actions.calendars import hash_of
from referrals.models import Assignment, CalendarFeed, CaseDeadline, Offer, OfferState
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
    works_on = Assignment.objects.filter(user_id=actor.user_id or 0, organization=actor.organization_id)
    mine = running_in_open_cases().filter(case__in=works_on.values("case"))
    if actor.role in PROVIDER_ROLES:
        held = Offer.objects.filter(
            case=OuterRef("case"),
            state=OfferState.ACCEPTED,
            room_released_at__isnull=True,
            program__provider__organization=actor.organization_id,
        )
        mine = mine.filter(Exists(held))
    return list(mine.select_related("case", "rule").order_by("safe_by", "code", "pk")[:MOST])


def as_ical(rows: Iterable[CaseDeadline]) -> bytes:
    """One event per clock, with an alarm two days before."""
    calendar = Calendar()
    calendar.add("prodid", "-//Intake and referral//Legal clocks//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Legal clocks")
    for row in rows:
        calendar.add_component(_event(row))
    content: bytes = calendar.to_ical()
    return content


def _event(row: CaseDeadline) -> Event:
    event = Event()
    name = f"{row.case.reference} {row.code}"
    # The same for a clock that was entered again: a calendar moves its event instead of keeping both.
    event.add("uid", f"{row.case.reference}-{row.code}@legal-clocks".lower())
    event.add("dtstamp", row.changed_at.astimezone(UTC))
    event.add("summary", name)
    event.add("dtstart", _start(row))
    event.add("description", _description(row))
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
