"""Moments in the words of somebody who has to act."""

from datetime import timedelta

import pytest

from referrals.clock_words import due, left
from tests.factories import OFFICE_HOURS as NOW


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (timedelta(seconds=20), "in under a minute"),
        (timedelta(minutes=25, seconds=59), "in 25 min"),
        (timedelta(minutes=119), "in 119 min"),
        (timedelta(hours=2), "in 2 h"),
        (timedelta(hours=47, minutes=59), "in 47 h"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(0), "under a minute overdue"),
        (-timedelta(hours=2, minutes=30), "2 h overdue"),
    ],
)
def test_a_due_time_is_said_in_its_one_useful_unit(after: timedelta, words: str) -> None:
    assert due(NOW + after, NOW) == words


def test_what_is_never_due_is_not_said() -> None:
    assert due(None, NOW) == ""


def test_an_offer_has_time_left_until_its_last_moment() -> None:
    assert left(NOW + timedelta(minutes=5), NOW) == "5 min left"
    assert left(NOW, NOW) == "time is up"
