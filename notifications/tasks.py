"""What the worker and the clock do for the outbox. Arguments are ids, never a number or a word of a text."""

import logging
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from notifications import delivery, edited, inbound, mail, removal, reports, settling, stops
from notifications.broker import ask_worker
from notifications.models import Heartbeat

log = logging.getLogger(__name__)

HEARTBEAT = "worker"
# One sweep hands out at most as many as a worker sends before the next.
_BATCH = 300
# How often the clock runs `sweep` (config/settings.py; a test holds the two together).
SWEPT_EVERY = timedelta(seconds=20)


# Late acknowledgement: a worker that dies leaves the task to another, which finds the message in its hands or not. The
# carrier answers within `twilio_sms.TIMEOUT_SECONDS`; whatever takes longer than this is stuck.
@shared_task(name="notifications.tasks.deliver", acks_late=True, soft_time_limit=40, time_limit=60)
def deliver(message_id: str) -> None:
    """Send one message if it is due. Running it twice, at once or after a crash, sends it once."""
    delivery.deliver(UUID(message_id), now=timezone.now())


@shared_task(name="notifications.tasks.sweep")
def sweep() -> None:
    """Find what the broker lost, what was waiting for its hour, and what a worker died of."""
    now = timezone.now()
    delivery.give_up_on_lost_workers(now)
    mail.give_up_on_lost(now)
    announce(delivery.due_messages(now, _BATCH, within=SWEPT_EVERY))


@shared_task(name="notifications.tasks.settle_unknown", acks_late=True)
def settle_unknown() -> None:
    """Ask the carrier about texts whose answer was lost."""
    settling.settle_unknown(timezone.now())


@shared_task(name="notifications.tasks.mail_operator", acks_late=True)
def mail_operator(page_id: str) -> None:
    """Tell whoever runs the installation what keeps texts from leaving."""
    stops.mail_page(UUID(page_id), now=timezone.now())


@shared_task(name="notifications.tasks.mail_waiting_pages")
def mail_waiting_pages() -> None:
    """What the broker lost, or a mail server that was away."""
    for page_id in stops.waiting_pages():
        try:
            stops.mail_page(page_id, now=timezone.now())
        except Exception:
            # The next run tries again; one that fails must not keep the others waiting.
            log.exception("page %s to the operator is not sent yet", page_id)


@shared_task(name="notifications.tasks.remove_ended", acks_late=True)
def remove_ended() -> None:
    """Ask the carrier about what it reports nothing of, and delete there what came to its end."""
    now = timezone.now()
    settling.ask_about_unreported(now)
    removal.remove_ended(now)


@shared_task(name="notifications.tasks.sweep_carrier", acks_late=True)
def sweep_carrier() -> None:
    """Delete at the carrier whatever is left there, and here the reports and marks nobody needs any more."""
    now = timezone.now()
    # Before its records of them are gone.
    settling.ask_about_unreported(now)
    removal.sweep_carrier(now)
    reports.forget_old(now)
    inbound.forget_taken(now)


@shared_task(name="notifications.tasks.file_inbound")
def file_inbound(text_id: str) -> None:
    """File one text that came in. Running it twice, at once or after a crash, files it once."""
    inbound.file(UUID(text_id), now=timezone.now())


@shared_task(name="notifications.tasks.file_all_inbound")
def file_all_inbound() -> None:
    """What a lost broker message or a worker's death left behind."""
    inbound.file_waiting(timezone.now())


@shared_task(name="notifications.tasks.forget_words")
def forget_words() -> None:
    """The worker keeps a coordinator's own words no longer than it may have to send them."""
    edited.forget_ended(timezone.now())


@shared_task(name="notifications.tasks.beat")
def beat() -> None:
    """Prove that clock, broker and worker live."""
    Heartbeat.objects.update_or_create(name=HEARTBEAT, defaults={"at": timezone.now()})


def announce(message_ids: list[UUID]) -> None:
    """Ask a worker to send these now; what a broker that is away does not hear, the sweep asks again."""
    ask_worker("notifications.tasks.deliver", message_ids)
