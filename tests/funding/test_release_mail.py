"""The mail about a new release: to the funders' members that want it, once each, without a figure."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, transaction

from accounts.models import Organization, User
from accounts.roles import MEMBER_ROLES, Actor, Role
from funding.actions.portal import choose_release_mail
from funding.actions.release_mail import WITHIN, mail_release_news, words_of
from funding.models import ReleaseMail
from funding.tasks import mail_release_news as task
from tests.factories import client_of, member
from tests.funding.portal.stored import made_at, release

pytestmark = pytest.mark.django_db

MADE = made_at("2026Q3")
SOON = MADE + timedelta(minutes=10)


def joined(role: Role = Role.FUNDER, slug: str = "", *, at: datetime = MADE - timedelta(days=30)) -> User:
    user = member(role, slug)
    User.objects.filter(pk=user.pk).update(date_joined=at)
    return user


def test_every_funders_member_gets_one_and_nobody_else() -> None:
    theirs = {joined(slug=slug).email for slug in ("city", "city", "mpls-foundation")}
    for role in MEMBER_ROLES:
        if role != Role.FUNDER:
            joined(role)
    release()

    assert mail_release_news(SOON) == 3
    assert mail_release_news(SOON + timedelta(minutes=10)) == 0

    assert {one.to[0] for one in mail.outbox} == theirs
    # Nobody reads in it who else gets it.
    assert all(len(one.to) == 1 and not one.cc and not one.bcc for one in mail.outbox)


def test_the_mail_has_a_path_and_no_figure() -> None:
    joined()
    release()
    mail_release_news(SOON)

    (sent,) = mail.outbox
    assert (sent.subject, sent.body) == words_of("2026Q3")
    assert "/funders/2026Q3/" in sent.body
    said = re.sub(r"https?://\S+|2026Q3", "", f"{sent.subject} {sent.body}")
    assert not re.search(r"\d|\$", said)


@pytest.mark.parametrize("level", ["tables", "margins", "nothing"])
def test_how_much_is_shown_is_not_told_by_mail(level: str) -> None:
    joined()
    release(level=level)

    assert mail_release_news(SOON) == 1
    assert (mail.outbox[0].subject, mail.outbox[0].body) == words_of("2026Q3")


def test_who_does_not_want_it_gets_none_until_they_do() -> None:
    user = joined()
    release()
    choose_release_mail(is_wanted=False, by=user.membership.actor())
    assert mail_release_news(SOON) == 0

    choose_release_mail(is_wanted=True, by=user.membership.actor())
    assert mail_release_news(SOON) == 1


def test_a_member_chooses_on_the_page_of_releases() -> None:
    user = joined()
    client = client_of(user)
    assert "Stop these mails" in client.get("/funders/").content.decode()

    client.post("/funders/mail/", {"wanted": "no"})
    assert "Send me these mails" in client.get("/funders/").content.decode()
    release()
    assert mail_release_news(SOON) == 0

    client.post("/funders/mail/", {"wanted": "yes"})
    assert mail_release_news(SOON) == 1


def test_only_a_funders_member_is_asked() -> None:
    assert "these mails" not in client_of(member(Role.FINANCE)).get("/funders/").content.decode()
    with pytest.raises(PermissionDenied):
        choose_release_mail(is_wanted=True, by=Actor(Role.FINANCE, user_id=1))


def test_who_joined_later_left_or_whose_funder_left_gets_none() -> None:
    joined(at=MADE + timedelta(minutes=1))
    gone = joined()
    User.objects.filter(pk=gone.pk).update(is_active=False)
    joined(slug="mpls-foundation")
    Organization.objects.filter(slug="mpls-foundation").update(is_active=False)
    release()

    assert mail_release_news(SOON) == 0


def test_an_old_release_is_no_news() -> None:
    joined()
    release()

    assert mail_release_news(MADE + WITHIN + timedelta(minutes=1)) == 0
    assert mail_release_news(MADE - timedelta(minutes=1)) == 0


def test_what_the_server_refused_is_tried_again_and_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    refused, other = joined(), joined()
    release()
    send = EmailBackend.send_messages

    def picky(self: Any, messages: Any) -> int:
        if messages[0].to == [refused.email]:
            raise OSError("no")
        sent: int = send(self, messages)
        return sent

    with monkeypatch.context() as patched:
        patched.setattr(EmailBackend, "send_messages", picky)
        assert mail_release_news(SOON) == 1
    assert [one.to for one in mail.outbox] == [[other.email]]

    assert mail_release_news(SOON + timedelta(minutes=10)) == 1
    assert [one.to for one in mail.outbox] == [[other.email], [refused.email]]


def test_whoever_finds_the_note_made_sends_nothing() -> None:
    """Two workers with the same list: the second finds the first one's note."""
    user = joined()
    made = release()
    ReleaseMail.objects.create(release=made, user=user, mailed_at=SOON)

    from funding.actions import release_mail

    assert not release_mail._mail(made, user, SOON)
    assert mail.outbox == []
    with pytest.raises(IntegrityError), transaction.atomic():
        ReleaseMail.objects.create(release=made, user=user)


def test_the_task_carries_nothing_and_may_run_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    joined()
    release()
    monkeypatch.setattr("funding.tasks.timezone.now", lambda: SOON)

    task()
    task()

    assert len(mail.outbox) == 1
