"""Where the carrier hands us what families text."""

from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from notifications import inbound
from notifications.signatures import signed_by_carrier

# "Say nothing": what is answered goes by the outbox, in the family's language and under its rules.
SILENCE = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@signed_by_carrier
def twilio_inbound(request: HttpRequest) -> HttpResponse:
    """A text that came in: committed, sealed to the worker, before the carrier is answered."""
    number = request.POST.get("From", "")
    if number:
        inbound.receive(
            carrier_id=request.POST.get("MessageSid", "") or str(uuid4()),
            number=number,
            body=request.POST.get("Body", ""),
            # Only where the account answers them itself, in languages that it was taught.
            carrier_answered=request.POST.get("OptOutType", "") in ("STOP", "START", "HELP"),
            now=timezone.now(),
        )
    return HttpResponse(SILENCE, content_type="text/xml")
