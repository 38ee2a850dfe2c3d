"""Yesterday's backups, restored, bring nothing back that was destroyed; and the drill would say so if they did."""

import os

import pytest

from config.drills import shred
from privacy import destruction
from tests.drills.test_drill_command import command
from tests.privacy.copies import use_programs


def test_restored_copies_of_either_database_open_nothing_that_was_purged(monkeypatch: pytest.MonkeyPatch) -> None:
    use_programs(monkeypatch)
    done = command("shred", "--count", "6", env=dict(os.environ))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "copy of main restored: 0 purged documents open, 0 purged codes" in done.stdout
    assert "copy of keys restored: 0 purged documents open, 0 purged codes" in done.stdout
    assert "Passed (shred, 6" in done.stdout


@pytest.mark.django_db
def test_the_drill_fails_where_nothing_was_destroyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destruction, "carry_out_due", lambda now: 0)
    # Without a restore, which would replace the tests' own database.
    monkeypatch.setattr(shred.backups, "write", lambda name, folder, now: folder / name)
    monkeypatch.setattr(shred.restoring, "restore", lambda name, copy: None)

    assert not shred.run(2, lambda line: None)
