"""What Twilio reports."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from notifications import reports
from notifications.signatures import signed_by_carrier


@signed_by_carrier
def twilio_status(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Twilio's report on one text. What is no report of a text of ours, or was said long ago, gets 403."""
    carrier_id, status = request.POST.get("MessageSid", ""), request.POST.get("MessageStatus", "")
    if not (carrier_id and status and len(carrier_id) <= 40):
        return HttpResponse(status=403)
    code = request.POST.get("ErrorCode", "")[:10]
    taken = reports.record_report(message_id, carrier_id=carrier_id, status=status, error_code=code, now=timezone.now())
    return HttpResponse(status=403 if taken == reports.Taken.REFUSED else 204)
