"""What others read of the outbox."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, DateTimeField, F, Min, Q, When

from notifications.models import HandsetText, Heartbeat, Message, MessageState
from notifications.tasks import HEARTBEAT

# Whatever is to be tried later than this waits for the morning, not for its next try.
LONGEST_RETRY = timedelta(minutes=30)


def texts_of_case(case_id: UUID) -> list[Message]:
    """The case's texts, oldest first, each with its contact; one query. They hold codes, never words or numbers."""
    return list(Message.objects.filter(case_id=case_id).select_related("contact"))


def cases_on_handset() -> list[UUID]:
    """The cases whose texts the demo's handset page shows."""
    return list(HandsetText.objects.order_by().values_list("message__case_id", flat=True).distinct())


def oldest_undelivered(now: datetime) -> timedelta | None:
    """How long the longest-waiting text could already have been sent; None if none waits.

    A text that waits for the morning does not count; one that was tried and failed counts from the beginning.
    """
    by_day = Q(send_after__lte=now + LONGEST_RETRY)
    could_go_at = Case(When(attempts=0, then=F("send_after")), default=F("created_at"), output_field=DateTimeField())
    waiting = Message.objects.filter(by_day, state__in=[MessageState.QUEUED, MessageState.SENDING])
    oldest: datetime | None = (
        waiting.annotate(could_go_at=could_go_at).filter(could_go_at__lte=now).aggregate(oldest=Min("could_go_at"))
    )["oldest"]
    return now - oldest if oldest else None


def heartbeat_age(now: datetime) -> timedelta | None:
    """How long ago a worker last ran the clock's task; None if none ever did."""
    heartbeat = Heartbeat.objects.filter(name=HEARTBEAT).first()
    return now - heartbeat.at if heartbeat else None
