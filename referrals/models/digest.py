"""The morning mail to a provider's staff."""

import uuid
from typing import ClassVar

from django.db import models

from providers.models import Provider


class ProviderDigest(models.Model):
    """That a provider had a digest of a day; what it said is counted when it is sent and kept nowhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    # Set before it is handed to the mail server and taken back should that fail.
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-day", "id")
        constraints: ClassVar = [models.UniqueConstraint(fields=["provider", "day"], name="one_digest_a_day")]

    def __str__(self) -> str:
        return f"digest of {self.day} for {self.provider}"
