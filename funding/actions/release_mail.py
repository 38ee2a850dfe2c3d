"""A mail to the funders' members when a new release is out: that there is one and where, and no figure of it.

The mail lies in many inboxes and is forwarded; the page asks who reads it. Each member is mailed once about each
release, noted before the mail leaves; where the mail server refuses, the note is taken back and the next tick tries
again, for a week. Who joined after a release was made is not mailed about it.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from funding.models import Release, ReleaseMail, ReleaseMailWish

log = logging.getLogger(__name__)

# Older ones are no news.
WITHIN = timedelta(days=7)


def mail_release_news(now: datetime) -> int:
    """The clock's part; returns how many were sent. Running it twice changes nothing."""
    sent = 0
    for release in Release.objects.filter(made_at__gt=now - WITHIN, made_at__lte=now).order_by("quarter"):
        for member in _to_mail(release):
            try:
                sent += _mail(release, member, now)
            except Exception:
                # The next run tries again; one that fails must not keep the others waiting.
                log.exception("the mail about %s to account %s is not sent yet", release.quarter, member.pk)
    return sent


def words_of(quarter: str) -> tuple[str, str]:
    """Subject and body, the same for everybody."""
    where = f"{settings.PUBLIC_BASE_URL}{reverse('funding:release', args=[quarter])}"
    settle = f"{settings.PUBLIC_BASE_URL}{reverse('funding:funders')}"
    body = (
        f"The legal defense fund has published its report for {quarter}. Sign in to read it:\n\n{where}\n\n"
        f"No more of these mails: {settle}\n"
    )
    return f"The report for {quarter} is out", body


def _to_mail(release: Release) -> QuerySet[User]:
    """Funders' members who were there when it was made, want the mail and did not get it."""
    members = User.objects.filter(
        is_active=True,
        date_joined__lte=release.made_at,
        membership__role=Role.FUNDER,
        membership__organization__is_active=True,
    )
    mailed = ReleaseMail.objects.filter(release=release, mailed_at__isnull=False)
    unwanted = ReleaseMailWish.objects.filter(is_wanted=False)
    return members.exclude(pk__in=mailed.values("user_id")).exclude(pk__in=unwanted.values("user_id")).order_by("pk")


def _mail(release: Release, member: User, now: datetime) -> bool:
    note, _ = ReleaseMail.objects.get_or_create(release=release, user=member)
    # Whoever sets this sends it.
    if not ReleaseMail.objects.filter(pk=note.pk, mailed_at=None).update(mailed_at=now):
        return False
    subject, body = words_of(release.quarter)
    try:
        send_mail(subject, body, None, [member.email])
    except Exception:
        ReleaseMail.objects.filter(pk=note.pk).update(mailed_at=None)
        raise
    return True
