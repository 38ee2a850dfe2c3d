from datetime import datetime
from uuid import UUID

from django.apps import AppConfig
from django.urls import register_converter

from accounts.roles import Actor
from notifications import Arrived


class ReferralsConfig(AppConfig):
    name = "referrals"

    def ready(self) -> None:
        from notifications import case_locks, inbound_handlers, undelivered_handlers
        from privacy.append_only import APPEND_ONLY_TABLES
        from providers.room import on_room
        from providers.table_forms import type_checks
        from referrals.reference import ReferenceConverter
        from referrals.tables import faults_of_triage_with
        from web.navigation import waiting_in

        register_converter(ReferenceConverter, "reference")
        APPEND_ONLY_TABLES.append("referrals_caseevent")
        on_room(_offer_room_to_waiting)
        type_checks.append(faults_of_triage_with)
        case_locks.append(_lock_case)
        undelivered_handlers.append(_call_family_instead)
        inbound_handlers.append(_file_text)
        waiting_in["/staff/alerts/"] = _alerts_waiting
        waiting_in["/staff/certifications/"] = _certifications_late


def _offer_room_to_waiting(now: datetime) -> None:
    """Room may have appeared: the waitlist is matched as soon as the change is committed."""
    from referrals.actions.routing import rematch_after_commit

    rematch_after_commit(now)


def _alerts_waiting(actor: Actor) -> int:
    """What the staff header counts for a lead."""
    from referrals.alerts import unseen

    return unseen(actor)


def _certifications_late(actor: Actor) -> int:
    """What the staff header counts for whoever follows certifications."""
    from django.utils import timezone

    from referrals.certifications import overdue_count, today_of

    return overdue_count(actor, today_of(timezone.now()))


def _lock_case(case_id: UUID) -> None:
    """A text of the case may end without having arrived: its case goes before it, as in every action."""
    from referrals.actions.callbacks import lock_to_call

    lock_to_call(case_id)


def _call_family_instead(case_id: UUID, message_id: UUID, now: datetime) -> None:
    """A text did not arrive: a coordinator gets the call to make."""
    from referrals.actions.callbacks import ask_to_call_family

    ask_to_call_family(case_id=case_id, now=now)


def _file_text(arrived: Arrived, now: datetime) -> None:
    """A family texted: its words are sealed to the case, and a person hears of it."""
    from referrals.actions.received_texts import take_in

    take_in(arrived, now)
