"""The morning mail to providers: numbers and nothing else, once a business day, to whom something waits with."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from accounts.models import Membership
from accounts.roles import Role
from notifications.models import ReceivedText
from providers.models import Provider
from referrals.actions.digests import Counts, counts_of, mail_digests, words_of
from referrals.business_time import CHICAGO
from referrals.models import Case, Offer, ProviderDigest
from tests import factories as make

pytestmark = pytest.mark.django_db

# The Wednesday after the requests of the factories.
MORNING = datetime(2026, 11, 18, 8, 0, tzinfo=CHICAGO)


@pytest.fixture
def ahr() -> Provider:
    """A provider with two members of staff."""
    make.room()
    make.member(Role.PROVIDER_STAFF)
    make.member(Role.PROVIDER_LEAD)
    return Provider.objects.get(code="AHR")


@pytest.fixture
def held(ahr: Provider) -> Case:
    return make.accepted_case()


def text_from_family(case: Case, at: datetime) -> None:
    ReceivedText.objects.create(
        inbound_id=uuid4(), contact=make.contact(case), wish="other", is_urgent=False, received_at=at
    )


def test_what_waits_is_counted_for_each_provider_by_itself(ahr: Provider, held: Case) -> None:
    make.live_offer(make.case(make.held_facts()))
    Offer.objects.filter(state="live").update(expires_at=MORNING + timedelta(hours=1))
    text_from_family(held, MORNING - timedelta(hours=3))
    text_from_family(held, MORNING - timedelta(hours=25))

    counts = counts_of(ahr, MORNING)

    assert (counts.offers, counts.cases, counts.texts) == (1, 1, 1)
    assert counts_of(Provider.objects.get(code="VLN"), MORNING) == Counts(0, 0, 0, 0)


def test_the_mail_has_numbers_and_no_case(ahr: Provider, held: Case) -> None:
    text_from_family(held, MORNING - timedelta(hours=3))

    assert mail_digests(MORNING) == 1

    [sent] = mail.outbox
    staff = Membership.objects.filter(organization=ahr.organization)
    assert set(sent.to) == set(staff.values_list("user__email", flat=True))
    assert "Cases you work on: 1" in sent.body
    assert "Texts from families since yesterday: 1" in sent.body
    for hidden in (held.reference, held.case_type, "T0", str(held.pk)):
        assert hidden not in sent.subject + str(sent.body)


def test_two_mails_differ_in_their_numbers_only() -> None:
    one, other = words_of(Counts(1, 22, 3, 0)), words_of(Counts(40, 5, 600, 7))

    assert [re.sub(r"\d+", "0", part) for part in one] == [re.sub(r"\d+", "0", part) for part in other]


def test_it_goes_out_once_on_the_morning_of_a_business_day(ahr: Provider, held: Case) -> None:
    sent = []
    at = datetime(2026, 11, 18, 0, 0, tzinfo=CHICAGO)
    # From Wednesday through the Sunday of the next week: Thanksgiving is in it.
    while at < datetime(2026, 11, 30, 0, 0, tzinfo=CHICAGO):
        ReceivedText.objects.all().delete()
        text_from_family(held, at - timedelta(hours=1))
        sent += [at.astimezone(CHICAGO)] * mail_digests(at)
        at += timedelta(minutes=30)

    assert [f"{at:%m-%d %H:%M}" for at in sent] == [
        f"{day} 07:30" for day in ("11-18", "11-19", "11-20", "11-23", "11-24", "11-25", "11-27")
    ]


@pytest.mark.parametrize(
    ("counts", "is_sent"),
    [
        (Counts(0, 0, 0, 0), False),
        (Counts(0, 9, 0, 0), False),
        (Counts(1, 0, 0, 0), True),
        (Counts(0, 1, 1, 0), True),
        (Counts(0, 1, 0, 1), True),
    ],
)
def test_where_nothing_waits_nobody_is_written_to(
    ahr: Provider, monkeypatch: pytest.MonkeyPatch, counts: Counts, is_sent: bool
) -> None:
    monkeypatch.setattr("referrals.actions.digests.counts_of", lambda provider, now: counts)

    mail_digests(MORNING)

    assert bool(mail.outbox) is is_sent
    assert ProviderDigest.objects.exists() is is_sent


def test_a_mail_server_that_is_away_is_tried_again_and_holds_nobody_up(
    ahr: Provider, held: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    text_from_family(held, MORNING - timedelta(hours=3))
    with monkeypatch.context() as patch:

        def away(self: Any, messages: Any) -> int:
            raise OSError

        patch.setattr(EmailBackend, "send_messages", away)
        assert mail_digests(MORNING) == 0
    assert mail_digests(MORNING + timedelta(minutes=10)) == 1
    assert mail_digests(MORNING + timedelta(minutes=20)) == 0


def test_a_provider_without_staff_gets_none(held: Case) -> None:
    text_from_family(held, MORNING - timedelta(hours=3))
    Membership.objects.all().delete()

    assert mail_digests(MORNING) == 0


def test_more_cases_cost_no_more_queries(ahr: Provider, held: Case, django_assert_num_queries: Any) -> None:
    make.accepted_case()

    with django_assert_num_queries(4):
        counts_of(ahr, MORNING)
