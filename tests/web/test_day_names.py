"""Dates on a family's page are in the page's language, whether Django knows that language or not."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.dates import MONTHS, WEEKDAYS

from intake.dates import days_meant
from intake.forms.fields import Day, TimeOfDay
from intake.status import _when
from web import day_names

ENGLISH = {*day_names.MONTHS, *map(str, WEEKDAYS.values()), *day_names.HOURS}
OTHERS = [code for code, _name in settings.LANGUAGES if code != "en"]


def test_every_month_is_named() -> None:
    with translation.override("en"):
        assert [str(MONTHS[number]) for number in range(1, 13)] == list(day_names.MONTHS)


@pytest.mark.parametrize("code", OTHERS)
def test_no_date_has_an_english_name_in_it(code: str) -> None:
    noon = [datetime(2026, month, month, 12, tzinfo=ZoneInfo(settings.TIME_ZONE)) for month in range(1, 13)]
    noon += [datetime(2026, 11, day, 0, tzinfo=ZoneInfo(settings.TIME_ZONE)) for day in range(1, 8)]
    with translation.override(code):
        written = [Day(past=True).in_words(one.date()) for one in noon] + [_when(one) for one in noon]
        written += [TimeOfDay().in_words(one.time()) for one in noon]

    found = {word for text in written for word in ENGLISH if word.lower() in text.lower().replace(",", " ").split()}
    assert not found
    assert len(set(written)) >= 2 * len(noon)


@pytest.mark.parametrize("code", [code for code, _name in settings.LANGUAGES])
def test_a_day_as_we_write_it_is_a_day_that_we_read(code: str) -> None:
    for month in range(1, 13):
        day = date(2026, month, 13)
        with translation.override(code):
            written = Day(past=True).in_words(day)
        assert days_meant(written, today=date(2026, 12, 31), past=True) == [day], written
