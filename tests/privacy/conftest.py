"""What the tests of backups begin with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.privacy.copies import Fund, use_programs


@pytest.fixture
def fund(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Fund:
    """The fund, whose public keys this installation backs up for."""
    use_programs(monkeypatch)
    fund = Fund(tmp_path)
    settings.BACKUP_RECIPIENTS = fund.recipients
    return fund


@pytest.fixture(scope="module")
def a_copy(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[tuple[Fund, dict[str, Path]]]:
    """Copies that tests damage; what is in them does not matter."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        use_programs(patch)
        fund = Fund(tmp_path_factory.mktemp("copy"))
        patch.setattr("django.conf.settings.BACKUP_RECIPIENTS", fund.recipients)
        yield fund, fund.backup()
