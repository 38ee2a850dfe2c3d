"""The page without sign-in, and whether a member is mailed that a new release is out."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.roles import Actor
from funding.models import PublicPageSwitch, ReleaseMailWish
from funding.policies import account_of, check_may_choose_mail, check_may_switch_public_page


@transaction.atomic
def switch_public_page(*, is_on: bool, by: Actor, now: datetime | None = None) -> PublicPageSwitch:
    """Let anybody read the releases, or nobody but members. Raises PermissionDenied."""
    check_may_switch_public_page(by)
    return PublicPageSwitch.objects.create(
        is_on=is_on, switched_at=now or timezone.now(), switched_by_user_id=account_of(by)
    )


def choose_release_mail(*, is_wanted: bool, by: Actor, now: datetime | None = None) -> None:
    """A funder's member wants the mail about new releases, or does not. Raises PermissionDenied."""
    check_may_choose_mail(by)
    ReleaseMailWish.objects.update_or_create(
        user_id=account_of(by), defaults={"is_wanted": is_wanted, "said_at": now or timezone.now()}
    )
