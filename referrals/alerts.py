"""Which alerts about unusual openings are whose to look at, and the words they are told in."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Membership, OrganizationKind, User
from accounts.roles import LEAD_ROLES, Actor, Role
from referrals.models import AlertKind, OpeningAlert, RoomDifference
from referrals.room_audit import difference_in_words, newest_differences

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert with the names of who it is about and who looked at it."""

    alert: OpeningAlert
    name: str
    seen_by: str

    @property
    def sentence(self) -> str:
        return sentence(self.alert, self.name)


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """A program's room that does not add up, with the name of who looked at it."""

    difference: RoomDifference
    seen_by: str

    @property
    def sentence(self) -> str:
        return difference_in_words(self.difference)


def differences_for(actor: Actor) -> list[DifferenceLine]:
    """What the audit of room found last, for the hotline's lead; in two queries."""
    if actor.role != Role.HOTLINE_LEAD:
        return []
    found = list(newest_differences())
    names = _names({one.seen_by_user_id or 0 for one in found})
    return [DifferenceLine(one, names.get(one.seen_by_user_id or 0, "")) for one in found]


def _names(people: set[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=people - {0}).values_list("pk", "name"))


def sentence(alert: OpeningAlert, name: str) -> str:
    """What happened, about a member called `name`; never a word about the family."""
    times = f"{alert.openings} time{'' if alert.openings == 1 else 's'}"
    if alert.kind == AlertKind.MANY:
        return f"{name} opened {alert.openings} sealed parts within about an hour."
    reference = alert.case.reference if alert.case else "a case"
    return f"{name} opened sealed parts of {reference}, which a colleague works on: {times}."


def leads_to_tell(alert: OpeningAlert) -> list[User]:
    """The leads of the organization, but not the one it is about; where there is none, those of the hotline.

    The hotline's only lead is told of their own openings: nobody else is there.
    """
    others = _leads().exclude(user_id=alert.user_id)
    of_hotline = Q(organization__kind=OrganizationKind.HOTLINE)
    for leads in (
        others.filter(organization=alert.organization_id),
        others.filter(of_hotline),
        _leads().filter(of_hotline, organization=alert.organization_id),
    ):
        if found := list(leads.select_related("user")):
            return [membership.user for membership in found]
    return []


def alerts_for(actor: Actor) -> QuerySet[OpeningAlert]:
    """The alerts that this lead is told of (see `leads_to_tell`), newest first; none for anybody else."""
    if actor.role not in LEAD_ROLES:
        return OpeningAlert.objects.none()
    of_own = Q(organization=actor.organization_id)
    about_others = ~Q(user_id=actor.user_id)
    theirs = of_own & about_others
    if actor.role == Role.HOTLINE_LEAD:
        other_lead = _leads().filter(organization=OuterRef("organization")).exclude(user_id=OuterRef("user_id"))
        theirs |= ~Exists(other_lead) & (about_others | of_own)
    return OpeningAlert.objects.filter(theirs).select_related("case", "organization").order_by("-at", "pk")


def unseen(actor: Actor) -> int:
    """How many alerts wait for this lead."""
    if actor.role not in LEAD_ROLES:
        return 0
    differences = RoomDifference.objects.filter(seen_at=None).count() if actor.role == Role.HOTLINE_LEAD else 0
    return alerts_for(actor).filter(seen_at=None).count() + differences


def page_of_alerts(actor: Actor, number: int) -> tuple[Page[OpeningAlert], list[AlertLine]]:
    """One page of this lead's alerts, in three queries."""
    page = Paginator(alerts_for(actor), PAGE_SIZE).get_page(number)
    alerts = list(page.object_list)
    people = {alert.user_id for alert in alerts} | {alert.seen_by_user_id or 0 for alert in alerts}
    names = _names(people)
    lines = [
        AlertLine(alert, names.get(alert.user_id, "A former member"), names.get(alert.seen_by_user_id or 0, ""))
        for alert in alerts
    ]
    return page, lines


def _leads() -> QuerySet[Membership]:
    return Membership.objects.filter(role__in=LEAD_ROLES, user__is_active=True, organization__is_active=True)
