"""What a wording may be filled with, by type: nothing that anybody typed, and nothing that names anybody or a place."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext, gettext_noop

from notifications.quiet_hours import ZONE

# Monday first, as `date.weekday` counts.
_WEEKDAYS = (
    gettext_noop("Monday"),
    gettext_noop("Tuesday"),
    gettext_noop("Wednesday"),
    gettext_noop("Thursday"),
    gettext_noop("Friday"),
    gettext_noop("Saturday"),
    gettext_noop("Sunday"),
)


@dataclass(frozen=True, slots=True)
class HelplineOnly:
    """The number to call, and nothing else."""

    def fields(self) -> dict[str, str]:
        return {"helpline": settings.HELPLINE}


@dataclass(frozen=True, slots=True)
class Planned:
    """Something on a day: the weekday, how many days away it is, and the hour of the clock in Minneapolis.

    Never what it is, nor where.
    """

    at: datetime
    today: datetime

    @property
    def days(self) -> int:
        """0 on the day itself, below 0 after it."""
        return (self.at.astimezone(ZONE).date() - self.today.astimezone(ZONE).date()).days

    def fields(self) -> dict[str, str]:
        """In the language that is active."""
        local = self.at.astimezone(ZONE)
        hour = f"{local.hour % 12 or 12}:{local.minute:02} {'AM' if local.hour < 12 else 'PM'}"
        return {
            "helpline": settings.HELPLINE,
            "weekday": gettext(_WEEKDAYS[local.weekday()]),
            "days": str(self.days),
            "hour": hour,
        }


Context = HelplineOnly | Planned
