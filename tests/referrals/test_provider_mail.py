"""A provider is reminded once, at half time; whoever loses a case hears of it; neither mail says whose case it is."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from accounts.roles import Role
from referrals import tasks
from referrals.actions import close, decline_offer, screen_out, withdraw
from referrals.actions.endings import ScreenOutReason
from referrals.business_time import CHICAGO, Hours, offer_expiry, offer_half_time
from referrals.models import Case, Offer, ProviderMail, State
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


@pytest.mark.parametrize(
    ("urgency", "hours", "made", "half"),
    [
        # Tuesday, while the office is open; then a Friday evening, with somebody on call and without.
        (0, Hours(), "2026-11-17T10:00", "2026-11-17T10:30"),
        (0, Hours(on_call=True), "2026-11-20T22:00", "2026-11-20T22:30"),
        (0, Hours(), "2026-11-20T22:00", "2026-11-23T09:30"),
        # Four open hours from 16:00 end the next day at 12:00: half of them are over at 10:00.
        (1, Hours(), "2026-11-17T16:00", "2026-11-18T10:00"),
        # One business day from Friday noon: eight open hours, of which four are over at 16:00.
        (2, Hours(), "2026-11-20T12:00", "2026-11-20T16:00"),
        # Three business days over the weekend and Thanksgiving: 24 open hours, of which 12 are over on Monday.
        (3, Hours(), "2026-11-20T10:00", "2026-11-23T14:00"),
    ],
)
def test_half_of_the_time_is_counted_as_the_office_counts_it(urgency: int, hours: Hours, made: str, half: str) -> None:
    offered = local(made)

    assert offer_half_time(urgency, hours, offered, offer_expiry(urgency, hours, offered)) == local(half)


@pytest.fixture
def offer() -> Offer:
    """T0, offered to AHR, which has two members of staff."""
    factories.room()
    factories.member(Role.PROVIDER_STAFF)
    factories.member(Role.PROVIDER_LEAD)
    return factories.live_offer(factories.case(factories.held_facts()))


def tick(at: datetime) -> list[Any]:
    """The clock runs at a moment; what was mailed so far."""
    with time_machine.travel(at, tick=False):
        tasks.mail_providers()
    return mail.outbox


def test_the_staff_of_the_provider_are_reminded_once(offer: Offer) -> None:
    half = offer.expires_at - timedelta(minutes=30)
    assert tick(half - timedelta(seconds=1)) == []

    (told,) = tick(half)
    tick(half + timedelta(seconds=30))
    assert mail.outbox == [told]

    assert len(told.to) == 2
    assert offer.case.reference in told.body
    assert "30 min left" in told.body


def test_the_mail_holds_the_reference_and_the_time_and_nothing_of_the_case(offer: Offer) -> None:
    (told,) = tick(offer.expires_at - timedelta(minutes=30))

    words = f"{told.subject} {told.body}"
    for secret in (offer.case_type, "T0", "Whipple", "ICE", "names", "Detained", "conflict"):
        assert secret not in words
    assert set(re.findall(r"[A-Z0-9]{3}-[A-Z0-9]{3}", words)) == {offer.case.reference}


def test_a_mail_server_that_is_away_is_tried_again_and_gets_it_once(
    offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = offer.expires_at - timedelta(minutes=30)

    def away(self: EmailBackend, messages: Any) -> int:
        raise OSError("connection refused")

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", away)
        assert tick(half) == []
    assert len(tick(half + timedelta(seconds=30))) == 1
    assert len(tick(half + timedelta(seconds=60))) == 1


def test_a_process_that_dies_while_sending_never_leads_to_two(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    send = EmailBackend.send_messages

    class Killed(BaseException):
        pass

    def die_after(self: EmailBackend, messages: Any) -> int:
        send(self, messages)
        raise Killed

    half = offer.expires_at - timedelta(minutes=30)
    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", die_after)
        with pytest.raises(Killed):
            tick(half)

    assert len(tick(half + timedelta(seconds=30))) == 1


def test_who_answered_or_was_too_late_is_not_reminded(offer: Offer) -> None:
    decline_offer(offer=offer, reason="capacity", by=factories.staff_of(offer))

    assert tick(offer.expires_at - timedelta(minutes=30)) == []
    assert tick(offer.expires_at + timedelta(minutes=1)) == []


def test_a_reminder_that_could_not_be_sent_in_time_is_dropped(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", lambda self, messages: 1 / 0)
        tick(offer.expires_at - timedelta(minutes=30))

    assert tick(offer.expires_at + timedelta(seconds=1)) == []
    assert not ProviderMail.objects.filter(mailed_at=None).exists()


def provisional() -> Case:
    """T0, accepted before anybody decided whether it is the fund's."""
    factories.room()
    return factories.accepted_case(factories.held_facts(zip_code="55423"))


def test_screening_that_fails_after_acceptance_gives_the_room_back_and_tells_the_provider() -> None:
    case = provisional()
    assert case.is_provisional
    program = case.offers.get().program
    screen_out(
        case=case,
        reason=ScreenOutReason.OUTSIDE_CITY,
        referred_to=factories.partner(),
        by=factories.actor(Role.COORDINATOR),
    )

    program.refresh_from_db()
    assert (program.in_use, Case.objects.get(pk=case.pk).state) == (0, State.NOT_ELIGIBLE)
    (told,) = tick(timezone.now())
    assert f"{case.reference} is no longer with you" in told.body
    assert len(tick(timezone.now())) == 1


def test_whoever_ends_it_themselves_is_not_told() -> None:
    case = provisional()
    offer = case.offers.select_related("program__provider__organization").get()
    close(case=case, outcome="advice", by=factories.staff_of(offer))

    assert tick(timezone.now()) == []


def test_a_family_that_takes_its_request_back_reaches_the_provider_too() -> None:
    case = provisional()
    withdraw(case=case, by=factories.actor(Role.COORDINATOR))

    assert len(tick(timezone.now())) == 1
