"""Closing a quarter: its tables, published once."""

import logging
import threading
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.roles import Actor
from funding.models import CountedFact, Release
from funding.policies import RefusedError, check_may_close, check_may_publish
from funding.quarters import Quarter, day_of
from funding.releases import formats
from funding.releases.book import countable
from funding.releases.freezing import freeze, last_links
from funding.releases.hide import Level
from funding.releases.links import Links
from funding.releases.publish import Decision, decide
from funding.releases.reading import read_book
from funding.releases.rules import System, links_of
from providers.models import Provider

log = logging.getLogger(__name__)

# A release is ready within a minute: what is chosen by then, and attacked in this, or less is shown.
CHOOSING_SECONDS = 35.0
AUDIT_SECONDS = 10.0

# Whoever comes second in one process waits, and is then told that it is done. Between processes the rows decide.
_one_at_a_time = threading.Lock()


def make_release(*, quarter: str, by: Actor, now: datetime | None = None) -> Release:
    """Close a quarter, such as "2026Q3", and publish its tables.

    It counts everything up to the quarter's last day that no earlier release counted, so what is late moves into the
    next release and no release is ever revised. Less is shown where an audit finds what a reader must not learn; where
    not even totals pass nothing is published or counted, and all of it goes into the next quarter. Takes up to a
    minute, most of it outside a transaction. Raises ValueError, PermissionDenied or RefusedError.
    """
    check_may_publish(by)
    now = now or timezone.now()
    closing = Quarter.parse(quarter)
    with _one_at_a_time:
        last = Release.objects.order_by("-quarter").values_list("quarter", flat=True).first()
        check_may_close(closing, last_released=Quarter.parse(last) if last else None, today=day_of(now))
        try:
            release = _release(closing, now)
        except IntegrityError:
            # The unique quarter, or a unique counted fact: somebody else closed it in this moment.
            raise RefusedError(f"{closing} is already released.") from None
    log.info("released %s: %s, %s", release.quarter, release.level, release.sha256)
    return release


def _release(quarter: Quarter, now: datetime) -> Release:
    with transaction.atomic():
        links = last_links()
        book = countable(read_book(quarter, CountedFact.objects.values_list("fact", flat=True)))
        names = dict(Provider.objects.values_list("code", "name"))
    system = System(book, str(quarter), links)
    decision = decide(
        system,
        formats.draw,
        formats.read,
        choosing_seconds=CHOOSING_SECONDS,
        audit_seconds=AUDIT_SECONDS,
        names={code: names[code] for code in {one.provider for one in book.closed}},
    )
    return freeze(quarter=str(quarter), decision=decision, facts=book.facts, links=_links(system, decision), now=now)


def _links(system: System, decision: Decision) -> Links:
    if decision.level == Level.NOTHING:
        return {}
    return links_of(system, [system.index[cell] for cell in decision.shown])
