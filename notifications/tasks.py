"""What the worker and the clock do for the outbox. Arguments are ids, never a number or a word of a text."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from notifications import delivery
from notifications.broker import ask_worker
from notifications.models import Heartbeat, Message, MessageState

HEARTBEAT = "worker"
# One sweep hands out at most as many as a worker sends before the next.
_BATCH = 100


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
    """Ask a worker to send these now; what a broker that is away does not hear, the sweep asks again."""
    ask_worker("notifications.tasks.deliver", message_ids)
