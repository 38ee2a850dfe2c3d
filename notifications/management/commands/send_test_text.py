"""`manage.py send_test_text NUMBER`: whether this installation can text, said in one line and by the exit code."""

import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import phonenumbers
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from notifications.backends import CannotAsk, Ending, text_backend
from notifications.backends.codes import LAST_WORDS
from notifications.backends.twilio_sms import TwilioBackend, fetch
from notifications.models import Contact, Message
from notifications.quiet_hours import HOME

WORDS = "Help line: This is a test. You do not have to do anything."
REGION = "US"
FETCH_EVERY_SECONDS = 1.0

# Each ending in a sentence for whoever sets the installation up.
SENTENCES = {
    Ending.BUSY: "The carrier is busy or cannot be reached, and surely did not send it: try again in a minute.",
    Ending.CREDENTIALS: "The carrier refuses our account: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
    Ending.UNREGISTERED: "Our number is not registered for texts from programs (10DLC): register it with the carrier.",
    Ending.BAD_NUMBER: "The carrier says that this number takes no texts.",
    Ending.OPTED_OUT: "This number has answered STOP: it gets no texts until it answers START.",
    Ending.REFUSED: "The carrier refuses the text: check TWILIO_FROM and look the code up.",
    Ending.UNROUTABLE: "The carrier does not route texts from our number to this one: check the account's permissions.",
    Ending.UNREACHABLE: "The phone is off or out of reach.",
    Ending.BLOCKED: "The phone, or its company, takes no texts from us.",
    Ending.FILTERED: "The phone company filters the text as advertising.",
    Ending.UNEXPLAINED: "It did not arrive, and the carrier does not say why.",
    Ending.LOST: "The carrier did not answer in time: it may have been sent, and may not.",
}


class Command(BaseCommand):
    help = "Sends one neutral text to NUMBER through the configured backend; exits with 0 if the carrier took it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="with area code, such as 612-555-0100 or +16125550100")
        parser.add_argument("--wait", type=float, default=10.0, help="seconds to wait for the carrier's last word")

    def handle(self, *args: Any, number: str, wait: float, **options: Any) -> None:
        phone = _in_e164(number)
        backend = text_backend()
        if not isinstance(backend, TwilioBackend):
            raise CommandError(
                f"No text left: TEXT_BACKEND is {settings.TEXT_BACKEND!r}, which shows texts on /handset/ only. "
                "Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM."
            )
        if not settings.TWILIO_FROM:
            raise CommandError("No text left: set TWILIO_FROM to our number, such as +16125550100.")
        now = datetime.now(UTC)
        outcome = backend.send(_to_nobody(now), phone=phone, body=WORDS, now=now)
        if outcome.ending != Ending.ACCEPTED:
            code = f" (code {outcome.error_code})" if outcome.error_code else ""
            raise CommandError(f"{SENTENCES[outcome.ending]}{code}")
        status, error_code = _last_word(outcome.carrier_id, wait)
        if status in ("failed", "undelivered", "canceled"):
            raise CommandError(
                f"{outcome.carrier_id} {status}: it was taken and not delivered, code {error_code or 'none'}."
            )
        self.stdout.write(f"{outcome.carrier_id} {status}")


def _in_e164(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number, REGION)
    except phonenumbers.NumberParseException:
        parsed = None
    whole = phonenumbers.ValidationResult.IS_POSSIBLE
    # Seven digits are "possible" within one area, which the carrier does not know.
    if parsed is None or phonenumbers.is_possible_number_with_reason(parsed) != whole:
        raise CommandError("That is no phone number: give it with its area code, such as 612-555-0100.")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _to_nobody(now: datetime) -> Message:
    """A message of no case, that is never saved; a report on it finds nothing."""
    nobody = Contact(case_id=uuid4(), language="en", may_text=True, may_call=False, time_zone=HOME, any_hour=True)
    return Message(contact=nobody, case_id=nobody.case_id, language="en", is_urgent=True, created_at=now)


def _last_word(carrier_id: str, seconds: float) -> tuple[str, str]:
    """What the carrier says of the text after at most so long: its word and, where it has one, its error code."""
    deadline, status, error_code = time.monotonic() + seconds, "accepted", ""
    while True:
        try:
            found = fetch(carrier_id)
            status, error_code = found.status, found.error_code
        except CannotAsk:
            pass
        if status in LAST_WORDS or time.monotonic() >= deadline:
            return status, error_code
        time.sleep(FETCH_EVERY_SECONDS)
