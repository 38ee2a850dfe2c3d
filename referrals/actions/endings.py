"""The ways out of an open case, each giving back whatever room it held, and the way back in."""

from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from accounts.roles import Actor
from notifications.actions import cancel_texts, forget_contacts
from notifications.models import Contact
from privacy import return_codes
from privacy.destruction import cancel_scheduled
from privacy.models import DocumentKind
from privacy.vault import Keys
from referrals.actions.call_attempts import check_was_tried
from referrals.actions.conflicts import conflicts_of, pass_conflicts_on
from referrals.actions.deadlines import follow_clocks, forget_hours
from referrals.actions.linked import withdraw_rest_after_commit
from referrals.actions.moves import close_tasks, lock_case, lock_to_join, move, open_task
from referrals.actions.offers import TakeBackReason, end_live_offer, release_holder, withdraw_live_offer
from referrals.actions.provider_mail import tell_who_loses_the_case
from referrals.actions.retention import lost_kinds, schedule_for
from referrals.actions.routing import route_after_commit
from referrals.actions.sharing import hand_on, keep_for_hotline
from referrals.actions.warm_referrals import begin_referral
from referrals.business_time import answer_due, screening_due
from referrals.eligibility import system_may_screen_in
from referrals.models import Case, ReferralPartner, RetentionTrigger, TaskKind
from referrals.models.case import may_be_offered
from referrals.policies import WrongState, check_may_move, live_offer_of


class ScreenOutReason(models.TextChoices):
    OUTSIDE_CITY = "outside_city", "Lived outside Minneapolis when taken"
    INCOME = "income", "Income above the line"
    HAS_LAWYER = "has_lawyer", "Already has a lawyer"
    NO_LEGAL_NEED = "no_legal_need", "No legal need the fund covers"


class Outcome(models.TextChoices):
    """How a case ended; custody outcomes are counted apart from relief."""

    BOND_GRANTED = "bond_granted", "Custody: bond granted"
    HABEAS_RELEASE = "habeas_release", "Custody: released by habeas"
    PAROLE = "parole", "Custody: paroled"
    REMOVED = "removed", "Custody: removed"
    VOLUNTARY_DEPARTURE = "voluntary_departure", "Custody: voluntary departure"
    TRANSFERRED_AWAY = "transferred_away", "Custody: transferred away"
    RELIEF_GRANTED = "relief_granted", "Merits: relief granted"
    TERMINATED = "terminated", "Merits: terminated or dismissed"
    ORDER_OF_REMOVAL = "order_of_removal", "Merits: order of removal"
    ADVICE = "advice", "Service: advice"
    BRIEF = "brief", "Service: brief service"
    LIMITED = "limited", "Service: limited stage done"
    FULL = "full", "Service: full representation done"
    PRIVATE_COUNSEL = "private_counsel", "Service: private counsel"
    DECLINED_BY_CLIENT = "declined_by_client", "Service: declined by the client"


class ReopenReason(models.TextChoices):
    NEW_EVENT = "new_event", "Something new happened"
    FOUND_AGAIN = "found_again", "The family was reached again"
    DECIDED_WRONGLY = "decided_wrongly", "The earlier decision was wrong"


def screen_out(
    *, case: Case, reason: str, referred_to: ReferralPartner, by: Actor, now: datetime | None = None
) -> Case:
    """Not eligible for the fund, with somebody named who can help: no family is sent to a dead end."""
    now = now or timezone.now()
    detail = {"reason": ScreenOutReason(reason).value, "referred_to": referred_to.code}
    with transaction.atomic():
        case = _end(case, "screen_out", by=by, now=now, detail=detail, referred_to=referred_to)
        begin_referral(case, referred_to, by=by, now=now)
    return case


def close(*, case: Case, outcome: str, by: Actor, now: datetime | None = None) -> Case:
    """Ends the fund's work on a case with its outcome."""
    outcome = Outcome(outcome).value
    return _end(case, "close", by=by, now=now, detail={"outcome": outcome}, outcome=outcome)


def withdraw(*, case: Case, by: Actor, now: datetime | None = None) -> Case:
    """The family no longer wants the fund's help, for this case and for whatever continues it."""
    now = now or timezone.now()
    with transaction.atomic():
        case = _end(case, "withdraw", by=by, now=now)
        withdraw_rest_after_commit(case, by, now)
    return case


def mark_duplicate(*, case: Case, duplicate_of: Case, by: Actor, now: datetime | None = None) -> Case:
    """Another case is about the same person; that one goes on."""
    with transaction.atomic():
        # Both rows, in one order: two cases marked at the same moment as each other's duplicate would lose the person.
        locked = lock_to_join(case.pk, duplicate_of.pk)
        if case.pk == duplicate_of.pk or not locked[duplicate_of.pk].is_open:
            raise WrongState("A duplicate points to another case that goes on.")
        detail = {"duplicate_of": duplicate_of.reference}
        # Who looks up an earlier duplicate of this case is led to the one that goes on, not along a chain.
        case.duplicates.update(duplicate_of=duplicate_of)
        # Whose code is whose, before both lead to one case: neither may act for the other.
        for one in (case, duplicate_of):
            if contact := Contact.objects.filter(case_id=one.pk).order_by("created_at", "pk").first():
                return_codes.name_owner(case_id=one.pk, contact_id=contact.pk)
        # So is the family, which reads there how things stand and not that somebody else asked too.
        return_codes.lead_on(case_id=case.pk, to_case_id=duplicate_of.pk)
        _pass_conflicts_on(case, locked[duplicate_of.pk], by=by, now=now or timezone.now())
        return _end(case, "mark_duplicate", by=by, now=now, detail=detail, duplicate_of=duplicate_of)


def _pass_conflicts_on(case: Case, keep: Case, *, by: Actor, now: datetime) -> None:
    """Who must not take the duplicate must not take the case that goes on, and does not keep an offer of it."""
    pass_conflicts_on(case, keep, by=by, now=now)
    offer = live_offer_of(keep)
    if offer is not None and offer.program.provider.code in conflicts_of(keep):
        detail = {"reason": TakeBackReason.CONFLICT.value}
        end_live_offer(keep, "withdraw_offer", by=by, now=now, detail=detail, offer=offer)
        route_after_commit(keep.pk, now)


def lose_contact(*, case: Case, by: Actor, now: datetime | None = None) -> Case:
    """Nobody could be reached any more, after three tries on three days; raises WrongState before that."""
    check_may_move(by, case, "lose_contact")
    check_was_tried(case)
    return _end(case, "lose_contact", by=by, now=now)


def _end(
    case: Case,
    step: str,
    *,
    by: Actor,
    now: datetime | None,
    detail: dict[str, Any] | None = None,
    **fields: Any,
) -> Case:
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        check_may_move(by, case, step)
        cancel_texts(case_id=case.pk, reason=step, now=now)
        for field, value in fields.items():
            setattr(case, field, value)
        case.closed_at = now
        forget_hours(case, now)
        move(case, step, by=by, now=now, detail=detail)
        tell_who_loses_the_case(case, by=by, now=now)
        withdraw_live_offer(case, now)
        release_holder(case, now)
        close_tasks(case, by=by, now=now)
        if step != "close":
            # Nobody holds it any more: the hotline's copy of a file that was handed over lives as long as the rest.
            cancel_scheduled(case.pk, now)
            keep_for_hotline(case, now)
        schedule_for(case, RetentionTrigger(case.state), now)
    return case


def reopen(*, case: Case, reason: str, by: Actor, keys: Keys | None = None, now: datetime | None = None) -> Case:
    """Takes an ended case up again; it is screened and routed like a new one.

    With the actor's `keys` the providers can read again at once, else the file follows. What retention has destroyed
    stays destroyed: then a new file begins (intake), and the case waits for it.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        check_may_move(by, case, "reopen")
        case.closed_at, case.outcome, case.referred_to = None, "", None
        # Screened like a new case, with a new one's time.
        case.screening_due_at = screening_due(now)
        cancel_scheduled(case.pk, now)
        hand_on(case, keys=keys, leaving=[], now=now)
        move(case, "reopen", by=by, now=now, detail={"reason": ReopenReason(reason).value})
        # Days that were to be kept when it ended may still have to be.
        follow_clocks(case, by=by, now=now)
        # Its hours were forgotten when it ended, and much may have happened since.
        open_task(case, TaskKind.CHECK_ANSWERS, due_at=answer_due(case.urgency, now), now=now)
        if DocumentKind.FACTS in lost_kinds(case):
            _wait_for_new_file(case, now)
            return case
        if system_may_screen_in(case.residency, case.income):
            move(case, "screen_in", by=by, now=now, detail={"residency": case.residency, "income": case.income})
        else:
            open_task(case, TaskKind.SCREEN, due_at=answer_due(case.urgency, now), now=now)
        if may_be_offered(case):
            route_after_commit(case.pk, now)
    case.refresh_from_db()
    return case


def _wait_for_new_file(case: Case, now: datetime) -> None:
    """Nobody can read what was told: the family is asked first. Only a T0 case is offered by the clock meanwhile."""
    forget_contacts(case_id=case.pk, reason="destroyed", now=now)
    open_task(case, TaskKind.SCREEN, due_at=answer_due(case.urgency, now), now=now)
