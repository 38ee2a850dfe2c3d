"""What the worker and the clock do for the outbox. Arguments are ids, never a number or a word of a text."""

import logging
from uuid import UUID

from celery import current_app, shared_task
from django.utils import timezone
from kombu import pools

from notifications import delivery
from notifications.models import Heartbeat, Message, MessageState

log = logging.getLogger(__name__)

HEARTBEAT = "worker"
# One sweep hands out at most as many as a worker sends before the next.
_BATCH = 100
# One try and at most two seconds: whoever waits for this is a family whose request is already committed.
_PUBLISHING = {"max_retries": 0, "socket_connect_timeout": 2, "socket_timeout": 2}


@shared_task(name="notifications.tasks.deliver")
def deliver(message_id: str) -> None:
    """Send one message if it is due. Running it twice, at once or after a crash, sends it once."""
    delivery.deliver(UUID(message_id), now=timezone.now())


@shared_task(name="notifications.tasks.sweep")
def sweep() -> None:
    """Find what the broker lost, what was waiting for its hour, and what a worker died of."""
    now = timezone.now()
    delivery.give_up_on_lost_workers(now)
    due = Message.objects.filter(state=MessageState.QUEUED, send_after__lte=now).order_by("-is_urgent", "send_after")
    announce(list(due.values_list("id", flat=True)[:_BATCH]))


@shared_task(name="notifications.tasks.beat")
def beat() -> None:
    """Prove that clock, broker and worker live."""
    Heartbeat.objects.update_or_create(name=HEARTBEAT, defaults={"at": timezone.now()})


def announce(message_ids: list[UUID]) -> None:
    """Ask a worker to send these now. A broker that is away is logged and costs one short try: the sweep asks again."""
    if not message_ids:
        return
    try:
        # A pool apart from the workers' own connections, which have to be patient.
        broker = current_app.connection_for_write(transport_options=_PUBLISHING)
        with pools.producers[broker].acquire(block=True, timeout=2) as producer:
            for message_id in message_ids:
                deliver.apply_async((str(message_id),), producer=producer)
    except Exception as error:
        # Whatever a broker's client raises: the rows are committed, and the request that wrote them must not fail.
        waiting = ", ".join(map(str, message_ids))
        log.error("broker away (%s): messages %s wait for the sweep", type(error).__name__, waiting)
