"""Moments in the words of somebody who has to act: "in 25 min", "2 h overdue". Pure."""

from datetime import datetime, timedelta


def span(length: timedelta) -> str:
    """A length of time in its one useful unit."""
    minutes = int(abs(length).total_seconds()) // 60
    if minutes < 1:
        return "under a minute"
    if minutes < 120:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def due(at: datetime | None, now: datetime) -> str:
    """When something must have happened; "" when nothing must."""
    if at is None:
        return ""
    return f"in {span(at - now)}" if at > now else f"{span(now - at)} overdue"


def left(at: datetime, now: datetime) -> str:
    """How much time is left to answer."""
    return f"{span(at - now)} left" if at > now else "time is up"
