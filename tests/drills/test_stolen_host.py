"""The web host is stolen with all its secrets and both databases."""

import pytest

from config.drills import stolen_host


@pytest.mark.django_db(transaction=True)
def test_the_web_process_with_everything_it_has_opens_no_document() -> None:
    lines: list[str] = []

    assert stolen_host.run(3, lines.append), lines
