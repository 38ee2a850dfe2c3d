"""Demo data: made up, obviously so, and put only into an empty database."""

from datetime import datetime
from importlib import import_module
from importlib.util import find_spec

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

# In the order things happen: people, room, requests, answers to offers, money.
PACKAGES = ("accounts", "providers", "intake", "referrals", "funding")


def seed_demo(now: datetime | None = None) -> bool:
    """Let each package put its demo rows into an empty database; False when there are accounts already."""
    if get_user_model().objects.exists():
        return False
    with transaction.atomic():
        for package in PACKAGES:
            if find_spec(f"{package}.demo"):
                import_module(f"{package}.demo").seed(now=now or timezone.now())
    return True
