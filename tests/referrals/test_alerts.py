"""Leads hear of unusual openings within a minute, and say that they looked."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from accounts.models import User
from accounts.roles import MEMBER_ROLES, Actor, Role
from config.celery import app
from privacy.models import DocumentKind
from referrals import tasks
from referrals.actions.openings import record_opening
from referrals.models import AlertKind, Case, OpeningAlert
from tests import factories
from tests.services.worker import Worker

pytestmark = pytest.mark.django_db
NOW = factories.OFFICE_HOURS
HOURLY = timedelta(hours=1)


def alert(by: User | None = None, **changes: Any) -> OpeningAlert:
    """An alert about the member, as `record_opening` leaves it."""
    by = by or factories.member(Role.COORDINATOR)
    given = {"kind": AlertKind.MANY, "openings": 21, "at": timezone.now() - timedelta(minutes=5)}
    return OpeningAlert.objects.create(organization=by.membership.organization, user_id=by.pk, **given | changes)


def told() -> list[str]:
    """The addresses that were written to."""
    return sorted(address for message in mail.outbox for address in message.to)


def opened_a_colleagues_case() -> tuple[Case, User]:
    factories.room()
    case, curious = factories.case(), factories.member(Role.COORDINATOR)
    for by in (factories.actor(Role.COORDINATOR), curious.membership.actor()):
        record_opening(case=case, kind=DocumentKind.FILE, reason="prepare", by=by)
    return case, curious


@pytest.mark.usefixtures("celery_worker_process")
@pytest.mark.django_db(transaction=True)
def test_the_worker_mails_an_alert_within_a_minute_of_the_opening() -> None:
    factories.member(Role.HOTLINE_LEAD)

    opened_a_colleagues_case()

    deadline = time.monotonic() + 60
    while OpeningAlert.objects.filter(mailed_at=None).exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
def test_an_alert_whose_task_the_broker_lost_is_found_by_the_clock(celery_worker_process: Worker) -> None:
    factories.member(Role.HOTLINE_LEAD)
    celery_worker_process.kill()
    opened_a_colleagues_case()
    app.control.purge()
    OpeningAlert.objects.update(at=timezone.now() - timedelta(seconds=30))
    celery_worker_process.start()

    tasks.mail_alerts.delay()

    deadline = time.monotonic() + 30
    while OpeningAlert.objects.filter(mailed_at=None).exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_mail_names_colleague_count_and_case_and_nothing_of_the_family() -> None:
    lead = factories.member(Role.HOTLINE_LEAD)
    case, curious = opened_a_colleagues_case()

    tasks.mail_alert(str(OpeningAlert.objects.get().pk))

    (message,) = mail.outbox
    assert message.to == [lead.email]
    assert curious.name in message.body
    assert case.reference in message.body
    assert "1 time." in message.body
    assert "/staff/alerts/" in message.body
    assert case.reference not in message.subject


def test_an_alert_is_mailed_once() -> None:
    factories.member(Role.HOTLINE_LEAD)
    waiting = alert()

    tasks.mail_alert(str(waiting.pk))
    tasks.mail_alert(str(waiting.pk))
    tasks.mail_alerts()

    assert len(mail.outbox) == 1
    waiting.refresh_from_db()
    assert waiting.mailed_at is not None


def test_every_lead_of_the_organization_is_told_and_nobody_else() -> None:
    leads = [factories.member(Role.PROVIDER_LEAD) for _ in range(2)]
    factories.member(Role.PROVIDER_LEAD, "ilcm")
    factories.member(Role.PROVIDER_STAFF)
    factories.member(Role.HOTLINE_LEAD)
    factories.member(Role.PROVIDER_LEAD, is_active=False)

    tasks.mail_alert(str(alert(factories.member(Role.PROVIDER_STAFF)).pk))

    assert told() == sorted(lead.email for lead in leads)


def test_where_an_organization_has_no_lead_the_hotlines_is_told() -> None:
    lead = factories.member(Role.HOTLINE_LEAD)

    tasks.mail_alert(str(alert(factories.member(Role.PROVIDER_STAFF)).pk))

    assert told() == [lead.email]


def test_a_lead_is_not_the_one_to_look_at_their_own_openings() -> None:
    curious, other = factories.member(Role.PROVIDER_LEAD), factories.member(Role.PROVIDER_LEAD)
    of_hotline = factories.member(Role.HOTLINE_LEAD)

    tasks.mail_alert(str(alert(curious).pk))
    assert told() == [other.email]
    other.delete()
    tasks.mail_alert(str(alert(curious).pk))

    assert told() == sorted([other.email, of_hotline.email])
    assert "opened 21" not in factories.client_of(curious).get("/staff/alerts/").content.decode()
    assert "opened 21" in factories.client_of(of_hotline).get("/staff/alerts/").content.decode()


def test_the_hotlines_only_lead_is_told_of_their_own_openings() -> None:
    lead = factories.member(Role.HOTLINE_LEAD)

    tasks.mail_alert(str(alert(lead).pk))

    assert told() == [lead.email]
    assert "opened 21" in factories.client_of(lead).get("/staff/alerts/").content.decode()


def test_with_no_lead_anywhere_the_alert_waits_for_one() -> None:
    waiting = alert()
    tasks.mail_alerts()
    assert OpeningAlert.objects.filter(mailed_at=None).exists()

    lead = factories.member(Role.HOTLINE_LEAD)
    tasks.mail_alerts()

    waiting.refresh_from_db()
    assert (waiting.mailed_at is not None, told()) == (True, [lead.email])


def test_a_mail_server_that_is_away_delays_one_alert_and_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.member(Role.HOTLINE_LEAD)
    first, second = alert(), alert()
    send = EmailBackend.send_messages
    failed: list[bool] = []

    def fail_once(self: EmailBackend, messages: Any) -> int:
        if not failed:
            failed.append(True)
            raise OSError("mail server away")
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", fail_once)

    tasks.mail_alerts()
    assert len(mail.outbox) == 1
    tasks.mail_alerts()

    assert len(mail.outbox) == 2
    assert {one.mailed_at is not None for one in OpeningAlert.objects.filter(pk__in=[first.pk, second.pk])} == {True}


def test_the_clock_leaves_a_new_alert_to_the_task_that_was_asked_for_it() -> None:
    factories.member(Role.HOTLINE_LEAD)
    alert(at=timezone.now())

    tasks.mail_alerts()

    assert mail.outbox == []


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_the_page_is_for_leads(role: Role) -> None:
    client, waiting = factories.client_of(factories.member(role)), alert()
    is_lead = role in (Role.HOTLINE_LEAD, Role.PROVIDER_LEAD)

    assert client.get("/staff/alerts/").status_code == (200 if is_lead else 403)
    expected = 302 if role == Role.HOTLINE_LEAD else 404 if is_lead else 403
    assert client.post(f"/staff/alerts/{waiting.pk}/seen/").status_code == expected


def test_a_lead_sees_their_own_organizations_alerts_newest_first() -> None:
    names = [factories.member(Role.PROVIDER_STAFF) for _ in range(2)]
    for hours, member in zip((2, 1), names, strict=True):
        alert(member, at=NOW - timedelta(hours=hours))
    alert(factories.member(Role.COORDINATOR), openings=99)
    lead = factories.client_of(factories.member(Role.PROVIDER_LEAD))

    page = lead.get("/staff/alerts/").content.decode()

    assert re.findall(r"</span> (Test [^<]+) opened 21", page) == [names[1].name, names[0].name]
    assert "opened 99" not in page


def test_the_page_is_paged_in_as_many_queries_whatever_there_is(
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for number in range(30):
        alert(openings=100 + number, at=NOW + number * HOURLY)
    lead = factories.client_of(factories.member(Role.HOTLINE_LEAD))

    with django_assert_max_num_queries(11):
        first = lead.get("/staff/alerts/").content.decode()
    second = lead.get("/staff/alerts/?page=2").content.decode()

    assert "opened 129 sealed" in first
    assert "opened 104 sealed" not in first
    assert "opened 104 sealed" in second
    assert lead.get("/staff/alerts/?page=x").status_code == 200


def test_the_header_counts_what_a_lead_has_not_looked_at() -> None:
    alerts = [alert(), alert()]
    lead = factories.member(Role.HOTLINE_LEAD)
    client = factories.client_of(lead)

    assert '2<span class="usa-sr-only"> new</span>' in client.get("/staff/cases/").content.decode()
    client.post(f"/staff/alerts/{alerts[0].pk}/seen/")

    page = client.get("/staff/cases/").content.decode()
    assert '1<span class="usa-sr-only"> new</span>' in page
    alerts[0].refresh_from_db()
    assert alerts[0].seen_by_user_id == lead.pk
    assert (
        "new</span>"
        not in factories.client_of(factories.member(Role.COORDINATOR)).get("/staff/cases/").content.decode()
    )


def test_the_first_leads_word_stands() -> None:
    first, second = factories.member(Role.HOTLINE_LEAD), factories.member(Role.HOTLINE_LEAD)
    waiting = alert()

    for lead in (first, second):
        factories.client_of(lead).post(f"/staff/alerts/{waiting.pk}/seen/")

    waiting.refresh_from_db()
    assert waiting.seen_by_user_id == first.pk
    assert f"looked at by {first.name}" in factories.client_of(second).get("/staff/alerts/").content.decode()


def test_a_coordinator_alone_is_an_actor_without_alerts() -> None:
    alert()

    from referrals.alerts import alerts_for, unseen

    by: Actor = factories.actor(Role.COORDINATOR)
    assert (unseen(by), list(alerts_for(by))) == (0, [])
