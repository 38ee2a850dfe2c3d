"""What every page's template may use."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """`helpline`: the number to call; `is_demo`: whether this installation is a demo."""
    return {"helpline": settings.HELPLINE, "is_demo": settings.DEMO}
