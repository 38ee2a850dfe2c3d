"""Start-up checks of the phone line's settings."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from web.phone_numbers import e164


@register
def lines_can_be_dialed(**kwargs: Any) -> list[CheckMessage]:
    """Every line that is set is a number: one with an extension, or a digit short, would ring nowhere and be silent."""
    lines = [
        ("DESK_LINE", settings.DESK_LINE),
        ("INTERPRETER_LINE", settings.INTERPRETER_LINE),
        *(("DETENTION_LINES", line) for line in settings.DETENTION_LINES),
    ]
    return [
        Error(f"{name} is no number that can be dialed: write ten digits without an extension.", id="intake.E001")
        for name, line in lines
        if line and not e164(line)
    ]
