"""The words of every text (`wordings`), what they may be filled with (`contexts`), and what none may say (`lint`)."""

from notifications.texts.contexts import Context, HelplineOnly, Planned
from notifications.texts.lint import MOST_SEGMENTS, faults
from notifications.texts.wordings import (
    NEWS,
    OF_MESSAGES,
    REMINDER_OF_DATE,
    REMINDER_OF_SEAT,
    TEMPLATES,
    Wording,
    as_of,
    example,
    reminder_for,
    render,
)

__all__ = (
    "MOST_SEGMENTS",
    "NEWS",
    "OF_MESSAGES",
    "REMINDER_OF_DATE",
    "REMINDER_OF_SEAT",
    "TEMPLATES",
    "Context",
    "HelplineOnly",
    "Planned",
    "Wording",
    "as_of",
    "example",
    "faults",
    "reminder_for",
    "render",
)
