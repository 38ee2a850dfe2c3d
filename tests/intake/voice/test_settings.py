"""The lines that an installation sets: what could not be dialed is said when it starts, not by a silent phone."""

from typing import Any

import pytest
from django.core.checks import run_checks

GOOD = {"DESK_LINE": "612-555-0161", "INTERPRETER_LINE": "", "DETENTION_LINES": ["+16125550162", "(612) 555-0163"]}


def problems() -> list[str]:
    return [found.msg.split()[0] for found in run_checks() if found.id == "intake.E001"]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({}, []),
        ({"DESK_LINE": "612-555-0161 ext. 4"}, ["DESK_LINE"]),
        ({"INTERPRETER_LINE": "612-555-016"}, ["INTERPRETER_LINE"]),
        ({"DETENTION_LINES": ["612-555-0162", "612-555-0163 x2", "the jail"]}, ["DETENTION_LINES", "DETENTION_LINES"]),
    ],
)
def test_a_line_that_cannot_be_dialed_is_named_at_the_start(
    settings: Any, changed: dict[str, Any], named: list[str]
) -> None:
    for name, line in (GOOD | changed).items():
        setattr(settings, name, line)

    assert problems() == named
