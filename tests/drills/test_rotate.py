"""A key pair is changed under many documents while the process is killed."""

from collections.abc import Mapping

import pytest

from config.drills import rotate


@pytest.mark.django_db(transaction=True)
def test_killed_half_way_nothing_is_lost_and_nothing_stays_on_the_old_pair(scale: Mapping[str, int]) -> None:
    lines: list[str] = []

    assert rotate.run(scale["rotated_rows"], lines.append), lines
