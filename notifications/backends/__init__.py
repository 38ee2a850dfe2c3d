"""The ways a text leaves, chosen by `settings.TEXT_BACKEND`."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from notifications.backends.handset import HandsetBackend
from notifications.backends.outcome import CannotAsk, Ending, Found, Outcome, Swept, TextBackend
from notifications.backends.twilio_sms import TwilioBackend

__all__ = ("CannotAsk", "Ending", "Found", "Outcome", "Swept", "TextBackend", "text_backend")

_BACKENDS: dict[str, type[TextBackend]] = {"handset": HandsetBackend, "twilio": TwilioBackend}


def text_backend() -> TextBackend:
    """The backend this installation sends with."""
    try:
        return _BACKENDS[settings.TEXT_BACKEND]()
    except KeyError:
        known = " or ".join(sorted(_BACKENDS))
        raise ImproperlyConfigured(f"TEXT_BACKEND is {settings.TEXT_BACKEND!r}; set it to {known}.") from None
