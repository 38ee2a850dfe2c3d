"""What every page's template may use."""

from django.conf import settings
from django.http import HttpRequest

from web.quick_exit import LEAVE_TO


def site(request: HttpRequest) -> dict[str, object]:
    """`helpline`: the number to call; `is_demo`: whether this is a demo; `leave_to`: where quick exit goes."""
    return {"helpline": settings.HELPLINE, "is_demo": settings.DEMO, "leave_to": LEAVE_TO}
