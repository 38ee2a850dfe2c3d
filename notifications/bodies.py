"""What a text says when it leaves: a coordinator's own words, a reminder counted from today, or its wording."""

from datetime import datetime

from notifications import edited
from notifications.models import Contact, Message
from notifications.reaching import told_by
from notifications.texts import REMINDER_OF_DATE, REMINDER_OF_SEAT, Planned, reminder_for, render

# Who said yes to being reminded by day gets these; everybody else the other texts about something near, if any.
DATED = frozenset({REMINDER_OF_DATE, REMINDER_OF_SEAT})


class NotToBeSent(Exception):
    """Nothing is to be said any more, or nobody asked for it; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def body_of(message: Message, *, now: datetime) -> str:
    """The words to send; raises `NotToBeSent`, and `vault.Unreadable` where sealed words do not open."""
    if message.words_id:
        return edited.words_of(message)
    if message.about_at is None:
        return render(message.template, message.language)
    planned = Planned(message.about_at, now)
    if planned.days < 1:
        raise NotToBeSent("day_is_over")
    if message.template in DATED:
        if not _asked_to_be_reminded(message.contact):
            raise NotToBeSent("not_asked_for")
        return render(reminder_for(message.template, planned), message.language, planned)
    if _asked_to_be_reminded(message.contact):
        raise NotToBeSent("reminded_by_day")
    return render(message.template, message.language)


def _asked_to_be_reminded(contact: Contact) -> bool:
    """Their second yes, which is sealed with how to reach them."""
    return told_by(contact).get("may_remind") == "yes"
