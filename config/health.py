"""Whether this process lives, and whether it could serve a family now."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connections
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from config.celery import app
from intake.selectors import oldest_expired_draft
from notifications.selectors import heartbeat_age, oldest_undelivered
from privacy import vault
from privacy.destruction import LATE_AFTER
from privacy.selectors import oldest_past_due
from referrals.actions.sharing import hotline_reader

logger = logging.getLogger(__name__)

HEARTBEAT_LIMIT = timedelta(seconds=90)
MESSAGE_LIMIT = timedelta(minutes=10)


def live(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked, so that a database outage does not restart every web server."""
    return JsonResponse({"ok": True})


def ready(request: HttpRequest) -> JsonResponse:
    """200 when every check passes, else 503; each check by name with true or false, causes go to the log only."""
    now = timezone.now()
    checks = {
        "database": _passes(lambda: _database_answers("default")),
        "keys": _passes(lambda: _database_answers("keys")),
        "broker": _passes(_broker_answers),
        # Some worker ran the clock's task lately: clock, broker and worker work together.
        "worker": _passes(lambda: (age := heartbeat_age(now)) is not None and age <= HEARTBEAT_LIMIT),
        # Texts, triage and offers are sealed for these two: without them no family can send its answers.
        "vault": _passes(_vault_is_open_to_families),
        "retention": _passes(lambda: not _is_past_due(now)),
        "messages": _passes(lambda: (age := oldest_undelivered(now)) is None or age <= MESSAGE_LIMIT),
    }
    is_ready = all(checks.values())
    return JsonResponse({"ok": is_ready, "checks": checks}, status=200 if is_ready else 503)


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as error:
        # The type only: messages of drivers hold addresses and user names.
        logger.warning("Health check failed: %s", type(error).__name__)
        return False


def _database_answers(alias: str) -> bool:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _vault_is_open_to_families() -> bool:
    wanted = {vault.WORKER, hotline_reader()}
    return set(vault.having_keys(wanted)) == wanted


def _is_past_due(now: datetime) -> bool:
    """Whether anything that should be destroyed has been standing for a day: of a case, or a draft."""
    ages = (oldest_past_due(now), oldest_expired_draft(now))
    return any(age is not None and age >= LATE_AFTER for age in ages)


def _broker_answers() -> bool:
    with app.connection_for_write(connect_timeout=2) as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
        # Redis connects when its channel is made.
        connection.default_channel.close()
    return True
