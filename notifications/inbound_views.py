"""Where the carrier hands us what families text."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from notifications import inbound
from notifications.signatures import SIGNATURE_HEADER, signed_by_carrier

# "Say nothing": what is answered goes by the outbox, in the family's language and under its rules.
SILENCE = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@signed_by_carrier
def twilio_inbound(request: HttpRequest) -> HttpResponse:
    """A text that came in: committed, sealed to the worker, before the carrier is answered; 403 for one we have."""
    number = request.POST.get("From", "")
    # What has no id is known again by its signature, which is that of every word of it.
    carrier_id = request.POST.get("MessageSid") or request.headers[SIGNATURE_HEADER]
    if number:
        try:
            inbound.receive(
                carrier_id=carrier_id,
                number=number,
                body=request.POST.get("Body", ""),
                # Only where the account answers them itself, in languages that it was taught.
                carrier_answered=request.POST.get("OptOutType", "") in ("STOP", "START", "HELP"),
                now=timezone.now(),
            )
        except inbound.AlreadyTaken:
            return HttpResponse(status=403)
    return HttpResponse(SILENCE, content_type="text/xml")
