"""The least that a task of ours can do: one SELECT and one UPDATE."""

from celery import shared_task
from django.utils import timezone

from notifications.models import Message


@shared_task(name="tests.bench.noop")
def noop(message_id: str) -> None:
    """Read a message, and note on it when."""
    message = Message.objects.get(id=message_id)
    Message.objects.filter(id=message.id).update(state_since=timezone.now())
