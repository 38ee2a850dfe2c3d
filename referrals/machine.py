"""The one table beside the transitions: who may make each, what the family is told, who owns each state until when.

The transitions themselves are the decorated methods of `referrals.models.Case`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from accounts.roles import Actor, Role
from referrals.business_time import HOTLINE_HOURS, answer_due
from referrals.models import Case, State


@dataclass(frozen=True, slots=True)
class Step:
    """A transition's roles and the text its family gets ("" for none). The event's kind is the transition's name.

    `belies`: what still waits to be sent and is no longer true, of a transition without a text of its own, which would
    take the place of all other news.
    """

    roles: frozenset[Role]
    text: str = ""
    belies: frozenset[str] = frozenset()


def _step(*roles: Role, text: str = "", belies: Collection[str] = ()) -> Step:
    return Step(frozenset(roles), text, frozenset(belies))


OPENING = _step(Role.SYSTEM, Role.COORDINATOR, Role.FAMILY, text="opened")

STEPS: dict[str, Step] = {
    "request_info": _step(Role.COORDINATOR, text="request_info"),
    "info_received": _step(Role.SYSTEM, Role.COORDINATOR, belies=["request_info"]),
    "screen_in": _step(Role.SYSTEM, Role.COORDINATOR),
    "screen_out": _step(Role.COORDINATOR, text="screened_out"),
    "offer": _step(Role.SYSTEM, Role.COORDINATOR),
    "accept": _step(Role.PROVIDER_STAFF, text="accepted"),
    "decline": _step(Role.PROVIDER_STAFF),
    "expire": _step(Role.SYSTEM),
    "withdraw_offer": _step(Role.SYSTEM, Role.COORDINATOR),
    "waitlist": _step(Role.SYSTEM, text="waitlisted"),
    "engage": _step(Role.PROVIDER_STAFF, text="represented"),
    "transfer": _step(Role.PROVIDER_LEAD, Role.COORDINATOR, text="transferred"),
    "close": _step(Role.PROVIDER_STAFF, Role.COORDINATOR, text="closed"),
    "withdraw": _step(Role.FAMILY, Role.COORDINATOR),
    "mark_duplicate": _step(Role.COORDINATOR),
    "lose_contact": _step(Role.COORDINATOR),
    "reopen": _step(Role.COORDINATOR, belies=["closed", "screened_out"]),
}


class Owner(StrEnum):
    SYSTEM = "system"
    COORDINATOR = "coordinator"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who must act in a state, and by when: `clock(urgency, now)`."""

    owner: Owner
    clock: Callable[[int, datetime], datetime]


def _minutes(minutes: int) -> Callable[[int, datetime], datetime]:
    return lambda urgency, now: now + timedelta(minutes=minutes)


def _until_engaged(urgency: int, now: datetime) -> datetime:
    return now + timedelta(hours=24) if urgency == 0 else HOTLINE_HOURS.after_business_days(now, 3)


def _until_reviewed(urgency: int, now: datetime) -> datetime:
    return now + timedelta(days=30)


# States without an entry have no owner: nothing is left to do there.
OWNERSHIP: dict[str, Ownership] = {
    State.RECEIVED: Ownership(Owner.COORDINATOR, answer_due),
    State.NEEDS_INFO: Ownership(Owner.COORDINATOR, answer_due),
    State.SCREENED: Ownership(Owner.SYSTEM, _minutes(5)),
    # Started again whenever the waitlist is matched: overdue means that the clock itself stands still.
    State.WAITLISTED: Ownership(Owner.SYSTEM, _minutes(15)),
    # The offer's own expiry replaces this clock (referrals/actions/offers.py).
    State.OFFERED: Ownership(Owner.PROVIDER, _minutes(60)),
    State.ACCEPTED: Ownership(Owner.PROVIDER, _until_engaged),
    State.REPRESENTED: Ownership(Owner.PROVIDER, _until_reviewed),
}


def role_may(step: str, actor: Actor) -> bool:
    """Whether the actor's role may make the transition, on whatever case."""
    return any(actor.acts_as(role) for role in STEPS[step].roles)


def owner_of(case: Case) -> str:
    """Who must act on the case now; "" when nobody."""
    ownership = OWNERSHIP.get(case.state)
    return ownership.owner if ownership else ""
