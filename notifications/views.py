"""The demo's handset, and what Twilio reports."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from accounts.demo import authenticator_code
from notifications import delivery
from notifications.backends.handset import ShownText
from notifications.models import HandsetText, MessageState
from privacy.vault import Unreadable

NEWEST = 50

# Twilio's words for what became of a text; one we do not know changes nothing.
_STATES = {
    "accepted": MessageState.ACCEPTED,
    "scheduled": MessageState.ACCEPTED,
    "queued": MessageState.ACCEPTED,
    "sending": MessageState.ACCEPTED,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text as the handset page shows it."""

    body: str
    language: str
    arrived_at: datetime


@require_GET
def handset(request: HttpRequest) -> HttpResponse:
    """What the demo's phones show: the newest 50 texts by number. Not there in an installation."""
    if not (settings.DEMO and settings.TEXT_BACKEND == "handset"):
        raise Http404
    phones: dict[str, list[Bubble]] = defaultdict(list)
    unreadable = 0
    for text in HandsetText.objects.select_related("message")[:NEWEST]:
        try:
            shown = ShownText.opened(text)
        except Unreadable:
            unreadable += 1
        else:
            phones[shown.phone].append(Bubble(shown.body, text.message.language, text.arrived_at))
    page = {
        "phones": list(phones.items()),
        "unreadable": unreadable,
        "newest": NEWEST,
        "lang": "en",
        "authenticator_code": authenticator_code(timezone.now()),
    }
    return render(request, "notifications/handset.html", page)


@csrf_exempt
@require_POST
def twilio_status(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Twilio's report on one text. Anything that Twilio did not sign is refused (403) before a row is looked at."""
    if not _is_signed(request):
        return HttpResponse(status=403)
    state = _STATES.get(request.POST.get("MessageStatus", ""))
    if state is not None:
        delivery.record_status(
            message_id,
            state,
            carrier_id=request.POST.get("MessageSid", "")[:40],
            error_code=request.POST.get("ErrorCode", "")[:10],
            now=timezone.now(),
        )
    return HttpResponse(status=204)


def _is_signed(request: HttpRequest) -> bool:
    # Without a token or a public address anybody could compute the signature.
    if not (settings.TWILIO_AUTH_TOKEN and settings.PUBLIC_BASE_URL):
        return False
    # Over the address we are known by, never over what the request claims about its own host.
    address = settings.PUBLIC_BASE_URL.rstrip("/") + request.get_full_path()
    signature = request.headers.get(SIGNATURE_HEADER, "")
    return bool(RequestValidator(settings.TWILIO_AUTH_TOKEN).validate(address, request.POST, signature))
