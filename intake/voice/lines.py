"""Which phone answers now, and whether this one may be listened to."""

from datetime import datetime

from django.conf import settings

from intake.models import PhoneCall
from intake.phones import CITY_LINES, FREE_FROM_DETENTION
from referrals.business_time import HOTLINE_HOURS
from web.phone_numbers import e164


def desk_answers(now: datetime) -> bool:
    """Whether somebody of the hotline comes to the phone when a caller asks for a person."""
    return bool(settings.DESK_LINE) and HOTLINE_HOURS.is_open(now)


def is_detention_line(called: str, caller: str) -> bool:
    """Whether the number called is one that we give to people who are held, or the caller's is a jail's."""
    lines = {e164(one) for one in settings.DETENTION_LINES}
    return bool({e164(called), e164(caller)} & lines - {""})


def line_of(call: PhoneCall, now: datetime) -> str:
    """The number that a connecting step dials, E.164; "" where there is none that answers now."""
    match call.step:
        case "person":
            return e164(settings.DESK_LINE) if desk_answers(now) else ""
        case "interpreter":
            return e164(settings.INTERPRETER_LINE)
        case "city_line":
            # After hours it takes messages, which is nobody.
            is_there = call.language in ("so", "hmn") and HOTLINE_HOURS.is_open(now)
            return e164(CITY_LINES[call.language]) if is_there else ""
        case _:
            return e164(FREE_FROM_DETENTION)
