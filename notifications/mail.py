"""E-mail as the second channel: for who gave an address and does not get texts, or whose text reached nobody.

The same outbox, the same words and the same rules at the moment of sending: consent, STOP, who shares the phone, quiet
hours, freshness. A mail server's answer that is lost is not asked about; a person calls.
"""

import logging
import smtplib
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext, override

from notifications import consequences
from notifications.backends import Ending, Outcome
from notifications.broker import ask_worker
from notifications.locks import message_that_may_end
from notifications.models import Channel, Contact, Message, MessageState

log = logging.getLogger(__name__)

# Longer than any task may run, and longer than it takes the sweep to notice.
GIVEN_UP_AFTER = timedelta(minutes=1)


class MailBackend:
    """Hands one mail to the mail server, once, and never raises for what that may do."""

    def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
        """`phone` is an e-mail address here."""
        subject, text = words_of(body, message.language)
        mail = EmailMessage(subject, text, None, [phone], headers=_headers(message))
        try:
            mail.send()
        except Exception as error:
            # Neither the words of an error nor its traceback are logged: both can hold the address.
            log.warning("message %s: %s", message.id, type(error).__name__)
            return Outcome(_ending_of(error), error_code=_code_of(error))
        return Outcome(Ending.ACCEPTED)


def words_of(body: str, language: str) -> tuple[str, str]:
    """Subject and text of a mail that says `body`; neutral, like a text."""
    with override(language):
        foot = gettext(
            "Nobody reads answers to this e-mail. To get no more of them, use your code on our site or call "
            "%(helpline)s."
        )
        return gettext("News about your request"), f"{body}\n\n{foot % {'helpline': settings.HELPLINE}}\n"


def mail_instead(case_id: UUID, message_id: UUID, now: datetime) -> None:
    """A text reached nobody: the same news goes by e-mail, where they gave an address. The call stays to be made."""
    text = Message.objects.select_related("contact").get(pk=message_id)
    if text.channel == Channel.TEXT and may_be_mailed(text.contact):
        queue_mail(text, now)


def may_be_mailed(contact: Contact) -> bool:
    """Whether this person gave an address and may be written to there."""
    return contact.may_email and not contact.phone_is_shared and contact.opted_out_at is None


def queue_mail(text: Message, now: datetime) -> None:
    """Queue the mail that stands for a text, once."""
    mail, is_new = Message.objects.get_or_create(
        contact_id=text.contact_id,
        template=text.template,
        trigger=text.trigger,
        channel=Channel.EMAIL,
        defaults={
            "case_id": text.case_id,
            "language": text.language,
            "is_urgent": text.is_urgent,
            "about_at": text.about_at,
            "words_id": text.words_id,
            "send_after": now,
            "created_at": now,
            "state_since": now,
        },
    )
    if is_new:
        transaction.on_commit(partial(ask_worker, "notifications.tasks.deliver", [mail.pk]), robust=True)


def give_up_on_lost(now: datetime) -> int:
    """Mails whose worker died while sending them: they may have gone out, and a person calls. Returns how many."""
    lost = Message.objects.filter(
        channel=Channel.EMAIL, state=MessageState.UNKNOWN, state_since__lt=now - GIVEN_UP_AFTER
    )
    ended = 0
    for message_id in list(lost.values_list("pk", flat=True)):
        with message_that_may_end(message_id, state=MessageState.UNKNOWN) as held:
            if held is not None:
                consequences.end(held, MessageState.FAILED, reason=held.reason, now=now)
                ended += 1
    return ended


def _headers(message: Message) -> dict[str, str]:
    # The same mail sent twice by a server that lost its own answer is one mail to whoever gets it.
    return {"Message-ID": f"<{message.pk}@help-line>", "Auto-Submitted": "auto-generated"}


def _ending_of(error: Exception) -> Ending:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes: list[int] = [int(answer[0]) for answer in error.recipients.values()]
        return Ending.REFUSED if any(code >= 500 for code in codes) else Ending.BUSY
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Ending.BUSY
    if isinstance(error, smtplib.SMTPResponseException):
        return Ending.REFUSED if error.smtp_code >= 500 else Ending.BUSY
    if isinstance(error, ConnectionRefusedError | smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return Ending.BUSY
    # It may have been taken: never again, and a person calls.
    return Ending.REFUSED


def _code_of(error: Any) -> str:
    return str(getattr(error, "smtp_code", ""))[:10]
