"""Who a request comes from, as far as a throttle needs to know."""

from django.conf import settings
from django.http import HttpRequest


def caller_of(request: HttpRequest) -> str:
    """The address that asks: what our own proxy saw, if there is one; what a client claims counts nothing."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if nearest := forwarded.rsplit(",", 1)[-1].strip():
            return nearest
    address: str = request.META["REMOTE_ADDR"]
    return address
