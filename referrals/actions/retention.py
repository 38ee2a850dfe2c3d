"""What was sealed dies by rows of the retention table, each counted from what happened to the case."""

import logging
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.roles import Actor
from notifications.actions import purge_handset
from notifications.selectors import cases_on_handset
from privacy import destruction, vault
from privacy.models import DocumentKind, KeyDestruction, SealedDocument
from privacy.selectors import destroyed_at
from referrals import events
from referrals.actions.moves import lock_case
from referrals.actions.sharing import OF_HOLDER, hotline_reader
from referrals.business_time import CHICAGO
from referrals.models import Case, RetentionReaders, RetentionRule, RetentionTrigger
from referrals.models.case import OPEN_STATES
from referrals.policies import WrongState, holder_of, offer_held_by

log = logging.getLogger(__name__)

# The documents every case has from the family's answers.
TOLD = (DocumentKind.CONTACT, DocumentKind.FACTS, DocumentKind.NAMES, DocumentKind.FILE)


def schedule_for(
    case: Case, trigger: RetentionTrigger, now: datetime, *, not_before: datetime | None = None
) -> list[KeyDestruction]:
    """Write down, in the caller's transaction, what of the case dies when, by the rules in force on this day.

    `not_before`: what is found late is due then, and not counted as overdue since long ago.
    A case that ends without a rule to end it by is logged as an error, and tried again every night.
    """
    rules = _rules(trigger, now)
    if trigger != RetentionTrigger.HANDED_OVER and not any(rule.ends_case for rule in rules):
        log.error("no retention rule ends a case that is %s: %s stays", trigger, case.reference)
    return [
        destruction.schedule(
            case_id=case.pk,
            reason=rule.code,
            due_at=max(now + timedelta(days=rule.days), not_before or now),
            now=now,
            kinds=[DocumentKind(kind) for kind in rule.kinds],
            readers=[hotline_reader()] if rule.readers == RetentionReaders.HOTLINE else [],
            ends_case=rule.ends_case,
        )
        for rule in rules
    ]


def confirm_handed_over(*, case: Case, by: Actor, now: datetime | None = None) -> Case:
    """The provider that holds the case has the file in its own system: the hotline's copy gets its end.

    Confirming again changes nothing. Raises WrongState while something has not reached the provider.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        offer = offer_held_by(by, case)
        if offer is None:
            raise PermissionDenied("The case is not with your organization.")
        if offer.handed_over_at is not None:
            return case
        provider = vault.reader_of(offer.program.provider.organization)
        documents = vault.latest(case.pk, *OF_HOLDER)
        if not documents or vault.not_wrapped_for(provider, documents):
            raise WrongState(f"Something of {case.reference} has not reached you yet: it cannot be handed over.")
        offer.handed_over_at = now
        offer.save(update_fields=["handed_over_at"])
        detail = {"offer": str(offer.pk), "provider": offer.program.provider.code}
        events.record(case=case, kind="handed_over", by=by, now=now, detail=detail)
        schedule_for(case, RetentionTrigger.HANDED_OVER, now)
    return case


def lost_kinds(case: Case) -> list[DocumentKind]:
    """What the family told us that retention has taken from the hotline, and from whoever holds the case now."""
    if destroyed_at(case.pk) is None:
        return []
    documents = vault.latest(case.pk, *TOLD)
    offer = holder_of(case)
    readers = [hotline_reader(), *([vault.reader_of(offer.program.provider.organization)] if offer else [])]
    readable = {document.kind for reader in readers for document in vault.wrapped_for(reader, documents)}
    return [kind for kind in TOLD if kind not in readable]


def schedule_forgotten(now: datetime) -> int:
    """Give every ended case that has something sealed and no end for it its end; returns how many cases.

    They ended before there was a rule, or something was sealed after their end.
    """
    found = 0
    ends = destruction.pending().filter(case_id=OuterRef("pk"), ends_case=True)
    sealed = SealedDocument.objects.filter(case_id=OuterRef("pk"))
    ended = Case.objects.exclude(state__in=OPEN_STATES).filter(Exists(sealed), ~Exists(ends))
    for case_id in ended.values_list("pk", flat=True):
        with transaction.atomic():
            case = lock_case(case_id)
            if not case.is_open:
                trigger, ended = RetentionTrigger(case.state), case.closed_at or now
                has_rule = any(rule.ends_case for rule in _rules(trigger, ended))
                schedule_for(case, trigger, ended if has_rule else now, not_before=now)
                found += 1
    return found


def _rules(trigger: RetentionTrigger, moment: datetime) -> list[RetentionRule]:
    return list(RetentionRule.objects.on(moment.astimezone(CHICAGO).date()).filter(trigger=trigger))


def tidy_handset(now: datetime) -> int:
    """Take the texts of ended cases, and old ones, off the demo's handset page; returns how many."""
    ended = Case.objects.filter(pk__in=cases_on_handset()).exclude(state__in=OPEN_STATES)
    return purge_handset(case_ids=list(ended.values_list("pk", flat=True)), now=now)
