"""What one of the crowd may do: one thing by chance, with a case or an offer that others may have in hand, too."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from random import Random
from typing import Any, TypeVar
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import FAMILY, HOTLINE_ROLES, PROVIDER_ROLES, Actor, Role
from privacy import vault
from privacy.models import DocumentKind, SealedDocument
from providers.actions import CeilingBelowUse, pause, resume, set_ceiling
from providers.models import Program
from referrals import actions, tasks
from referrals.actions.endings import Outcome, ReopenReason, ScreenOutReason
from referrals.actions.offers import Appearance, CannotBeOffered, HandReason, Scope, TakeBackReason, TransferReason
from referrals.actions.openings import OpeningReason, record_opening
from referrals.actions.screening import ScreenInReason
from referrals.actions.sharing import active_provider_readers, hotline_reader
from referrals.facts import DateKind, Facts, Paper, Wish
from referrals.models import Case, Channel, DeclineReason, Offer, OfferState, ReferralPartner, State
from referrals.models.case import OPEN_STATES
from referrals.policies import WrongState
from tests import factories as make
from tests.intake.test_sending import a_draft

# What an action says to whoever comes too late, or to the wrong case. Anything else that it raises is a failure.
REFUSALS = (WrongState, PermissionDenied, CannotBeOffered, CeilingBelowUse)

One = TypeVar("One")
Who = dict[int, list[Actor]]

HOLDING = (State.ACCEPTED, State.REPRESENTED)
ENDED = (State.CLOSED, State.LOST_CONTACT, State.NOT_ELIGIBLE, State.WITHDRAWN)


class NothingToDo(Exception):
    """Nothing in the house fits what this one meant to do."""


@dataclass(frozen=True, slots=True)
class House:
    """What is in the house when a round begins; the others change it while one looks."""

    round: int
    cases: list[Case]
    live: list[Offer]
    programs: list[Program]
    partners: list[ReferralPartner]
    hotline: list[Actor]
    providers: Who


@dataclass(frozen=True, slots=True)
class Chance:
    """One person's luck in one round. Everybody's `pick` prefers the same few rows, so that they get in each other's
    way."""

    rng: Random
    house: House

    def pick(self, rows: list[One]) -> One:
        if not rows:
            raise NothingToDo
        return rows[int(len(rows) * self.rng.random() ** 2)]

    def case(self, *states: str) -> Case:
        return self.pick([one for one in self.house.cases if one.state in states])

    def coordinator(self) -> Actor:
        return self.rng.choice(self.house.hotline)

    def staff(self, program: Program, *roles: Role) -> Actor:
        """Somebody of the program's provider, and now and then of another."""
        theirs = self.house.providers[program.provider.organization_id]
        others = [one for members in self.house.providers.values() for one in members]
        asked = others if self.rng.random() < 0.03 else theirs
        return self.rng.choice([one for one in asked if not roles or one.role in roles])


def look_around(number: int) -> House:
    """Everything there is, in an order that is the same for everybody and another one each round."""

    def order(row: Any) -> str:
        return sha256(f"{number} {row.pk}".encode()).hexdigest()

    members = [one.actor() for one in Membership.objects.filter(role__in=HOTLINE_ROLES | PROVIDER_ROLES).order_by("pk")]
    providers: Who = {}
    for one in members:
        if one.role in PROVIDER_ROLES and one.organization_id:
            providers.setdefault(one.organization_id, []).append(one)
    ended = Case.objects.filter(state__in=ENDED).order_by("-closed_at")[:30]
    offers = Offer.objects.filter(state=OfferState.LIVE).select_related("case", "program__provider__organization")
    programs = Program.objects.select_related("provider__organization").order_by("pk")
    return House(
        round=number,
        cases=sorted([*Case.objects.filter(state__in=OPEN_STATES), *ended], key=order),
        live=sorted(offers, key=order),
        programs=[one for one in programs if one.provider.organization_id in providers],
        partners=list(ReferralPartner.objects.order_by("pk")),
        hotline=[one for one in members if one.role in HOTLINE_ROLES],
        providers=providers,
    )


def _facts(rng: Random) -> Facts:
    """Held for hours or long, provisionally or in an unknown place; free, with a date or without, or asking."""
    soon = date.today() + timedelta(days=rng.randint(1, 20))  # noqa: DTZ011 (any day near this one will do)
    return rng.choice(
        [
            make.held_facts(),
            make.held_facts(zip_code=""),
            make.held_facts(place="unknown"),
            make.held_facts(place="sherburne", zip_code="", papers=(Paper.FINAL_ORDER,)),
            make.free_facts(),
            make.free_facts(hearing_on=soon, date_kind=DateKind.COURT),
            make.free_facts(zip_code=""),
            make.clinic_facts(),
            make.clinic_facts(wish=Wish.ASYLUM),
            make.clinic_facts(wish=Wish.TPS),
            make.clinic_facts(wish=Wish.RECORDS),
        ]
    )


def submit(chance: Chance) -> None:
    """A request by phone or a coordinator: with names, or cut short."""
    case_id, is_complete, now = uuid4(), chance.rng.random() < 0.9, timezone.now()
    with transaction.atomic():
        if is_complete:
            readers = [hotline_reader(), *active_provider_readers()]
            part = vault.Part(DocumentKind.NAMES, {"names": "Invented Person"}, readers)
            vault.seal_all(case_id=case_id, parts=[part], now=now)
        actions.open_case(
            case_id=case_id,
            facts=_facts(chance.rng),
            channel=chance.rng.choice(Channel.values),
            language=chance.rng.choice(["en", "es", "so", "hmn"]),
            by=chance.coordinator(),
            now=now,
            is_complete=is_complete,
        )


def send(chance: Chance) -> None:
    """A family's own request, from the first page to the last, with everything sealed and texts to be sent."""
    from intake.actions import submit_draft

    submit_draft(draft=a_draft())


def accept(chance: Chance) -> None:
    """Reads the names, finds no conflict, and takes the case or a part of it."""
    offer = chance.pick(chance.house.live)
    by = chance.staff(offer.program)
    if SealedDocument.objects.filter(case_id=offer.case_id, kind=DocumentKind.NAMES).exists():
        record_opening(case=offer.case, kind=DocumentKind.NAMES, reason=OpeningReason.CONFLICT_CHECK.value, by=by)
    actions.record_no_conflict(offer=offer, by=by)
    actions.accept_offer(offer=offer, scope=chance.rng.choice([*[Scope.FULL] * 5, Scope.LIMITED]), by=by)


def accept_unchecked(chance: Chance) -> None:
    offer = chance.pick(chance.house.live)
    actions.accept_offer(offer=offer, by=chance.staff(offer.program))


def decline(chance: Chance) -> None:
    offer = chance.pick(chance.house.live)
    reason = chance.rng.choice([*[DeclineReason.CAPACITY.value] * 3, *DeclineReason.values])
    actions.decline_offer(offer=offer, reason=reason, by=chance.staff(offer.program))


def expire(chance: Chance) -> None:
    offer = chance.pick(chance.house.live)
    if not actions.expire_offer(offer_id=offer.pk, now=max(offer.expires_at, timezone.now())):
        raise WrongState("answered")


def withdraw_offer(chance: Chance) -> None:
    program = chance.pick(chance.house.programs) if chance.rng.random() < 0.3 else None
    reason = chance.rng.choice([TakeBackReason.PROVIDER_ASKED, TakeBackReason.BETTER_PLACE, TakeBackReason.MISTAKE])
    offer = chance.pick(chance.house.live)
    actions.withdraw_offer(offer=offer, reason=reason.value, program=program, by=chance.coordinator())


def offer_by_hand(chance: Chance) -> None:
    case = chance.case(State.SCREENED, State.WAITLISTED, State.RECEIVED, State.NEEDS_INFO)
    program, reason = chance.pick(chance.house.programs), chance.rng.choice(HandReason.values)
    actions.offer_by_hand(case=case, program=program, reason=reason, by=chance.coordinator())


def answer_anew(chance: Chance) -> None:
    """The family's answers change: another type, tier or place."""
    facts, is_whole = _facts(chance.rng), chance.rng.random() < 0.7
    actions.record_facts(case=chance.case(*OPEN_STATES), facts=facts, by=chance.coordinator(), is_whole=is_whole)


def engage(chance: Chance) -> None:
    case = chance.case(State.ACCEPTED)
    actions.engage(case=case, appearance=chance.rng.choice(Appearance.values), by=_holder(chance, case))


def transfer(chance: Chance) -> None:
    case = chance.case(*HOLDING)
    by = chance.rng.choice([_holder(chance, case, Role.PROVIDER_LEAD), chance.coordinator()])
    note = chance.rng.choice(["", "Invented note."])
    actions.transfer(case=case, reason=chance.rng.choice(TransferReason.values), note=note, by=by)


def close(chance: Chance) -> None:
    case = chance.case(*HOLDING)
    by = chance.rng.choice([_holder(chance, case), chance.coordinator()])
    actions.close(case=case, outcome=chance.rng.choice(Outcome.values), by=by)


def withdraw(chance: Chance) -> None:
    actions.withdraw(case=chance.case(*OPEN_STATES), by=chance.rng.choice([FAMILY, chance.coordinator()]))


def lose_contact(chance: Chance) -> None:
    make.lose_contact(case=chance.case(*OPEN_STATES), by=chance.coordinator())


def screen_out(chance: Chance) -> None:
    case, reason = chance.case(*OPEN_STATES), chance.rng.choice(ScreenOutReason.values)
    partner = chance.pick(chance.house.partners)
    actions.screen_out(case=case, reason=reason, referred_to=partner, by=chance.coordinator())


def refer_out(chance: Chance) -> None:
    partner = chance.pick(chance.house.partners)
    actions.refer_out(case=chance.case(*OPEN_STATES), partner=partner, by=chance.coordinator())


def mark_duplicate(chance: Chance) -> None:
    case, other = chance.case(*OPEN_STATES), chance.case(*OPEN_STATES)
    actions.mark_duplicate(case=case, duplicate_of=other, by=chance.coordinator())


def reopen(chance: Chance) -> None:
    actions.reopen(case=chance.case(*ENDED), reason=chance.rng.choice(ReopenReason.values), by=chance.coordinator())


def pass_screening(chance: Chance) -> None:
    case = chance.case(State.RECEIVED, State.OFFERED, State.ACCEPTED)
    actions.pass_screening(case=case, reason=chance.rng.choice(ScreenInReason.values), by=chance.coordinator())


def request_info(chance: Chance) -> None:
    actions.request_info(case=chance.case(State.RECEIVED), by=chance.coordinator())


def pause_program(chance: Chance) -> None:
    program = chance.pick(chance.house.programs)
    pause(program=program, by=chance.staff(program))


def resume_program(chance: Chance) -> None:
    program = chance.pick(chance.house.programs)
    resume(program=program, by=chance.staff(program))


def change_ceiling(chance: Chance) -> None:
    program = chance.pick(chance.house.programs)
    ceiling = max(4, program.in_use + chance.rng.randint(-6, 6))
    set_ceiling(program=program, ceiling=min(ceiling, 40), by=chance.staff(program))


def _holder(chance: Chance, case: Case, *roles: Role) -> Actor:
    held = Offer.objects.filter(case=case, state=OfferState.ACCEPTED, room_released_at=None)
    program: Program | None = next((one.program for one in held.select_related("program__provider")), None)
    if program is None:
        raise NothingToDo
    return chance.staff(program, *roles)


def _clock(task: Callable[[], Any], chance: Chance) -> None:
    """What the worker does, at the same moment."""
    task()


Deed = Callable[[Chance], None]

# How often each is done, out of their sum.
DEEDS: dict[str, tuple[int, Deed]] = {
    "submit": (18, submit),
    "send": (4, send),
    "accept": (16, accept),
    "accept_unchecked": (1, accept_unchecked),
    "decline": (8, decline),
    "expire": (6, expire),
    "withdraw_offer": (4, withdraw_offer),
    "offer_by_hand": (4, offer_by_hand),
    "answer_anew": (4, answer_anew),
    "engage": (5, engage),
    "transfer": (4, transfer),
    "close": (9, close),
    "withdraw": (3, withdraw),
    "lose_contact": (2, lose_contact),
    "screen_out": (3, screen_out),
    "refer_out": (2, refer_out),
    "mark_duplicate": (2, mark_duplicate),
    "reopen": (2, reopen),
    "pass_screening": (5, pass_screening),
    "request_info": (1, request_info),
    "pause": (3, pause_program),
    "resume": (5, resume_program),
    "set_ceiling": (6, change_ceiling),
    "expire_offers": (2, partial(_clock, tasks.expire_offers)),
    "match_waitlist": (2, partial(_clock, tasks.match_waitlist)),
    "share_contacts": (1, partial(_clock, tasks.share_contacts)),
}


def by_chance(rng: Random, only: list[str]) -> str:
    """The name of a deed; one of `only`, if it names any."""
    names = only or list(DEEDS)
    return rng.choices(names, [DEEDS[name][0] for name in names])[0]


def staff_the_house(orgs: list[str]) -> None:
    """Three at the hotline and its lead, two of each provider and its lead."""
    for role in (Role.COORDINATOR, Role.COORDINATOR, Role.COORDINATOR, Role.HOTLINE_LEAD):
        make.member(role)
    for slug in orgs:
        for role in (Role.PROVIDER_STAFF, Role.PROVIDER_STAFF, Role.PROVIDER_LEAD):
            make.member(role, slug)
