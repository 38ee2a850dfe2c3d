"""Who reads the releases: the public page's switch, and who was mailed that there is a new one."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from funding.models.frozen import Release


class PublicPageSwitch(models.Model):
    """The fund switched the page without sign-in on or off; the last one counts, and none of them is changed."""

    is_on = models.BooleanField("anybody may read the releases")
    switched_at = models.DateTimeField()
    switched_by_user_id = models.BigIntegerField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"public page {'on' if self.is_on else 'off'}"


class ReleaseMailWish(models.Model):
    """Whether a funder's member wants the mail about a new release; who never said gets it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    is_wanted = models.BooleanField()
    said_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id}: {'mail' if self.is_wanted else 'no mail'}"


class ReleaseMail(models.Model):
    """The one mail to one member about one release; `mailed_at` is set before it leaves."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["release", "user"], name="releasemail_one_per_member")]

    def __str__(self) -> str:
        return f"{self.release} to {self.user_id}"
