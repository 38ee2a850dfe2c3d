"""Destroyed keys leave the embedded files too."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from privacy import tasks
from privacy.models import WrappedKey
from tests.privacy.test_destruction import end, sealed_case

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def keys_files() -> bytes:
    """The database of keys and its log of writes, as they are on the disk."""
    path = Path(str(settings.DATABASES["keys"]["TEST"]["NAME"]))
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


@pytest.mark.parametrize("alias", ["default", "keys"])
def test_what_is_deleted_is_overwritten(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("PRAGMA secure_delete")
        assert cursor.fetchone() == (1,)


def test_after_the_night_the_bytes_of_a_destroyed_key_are_in_no_file() -> None:
    other, case_id = sealed_case(), sealed_case()
    doomed = bytes(WrappedKey.objects.filter(case_id=case_id)[0].wrapped)
    kept = bytes(WrappedKey.objects.filter(case_id=other)[0].wrapped)
    assert doomed in keys_files()
    end(case_id, due_at=timezone.now() - timedelta(days=1))

    tasks.shred_due()

    assert doomed not in keys_files()
    assert kept in keys_files()
