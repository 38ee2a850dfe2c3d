"""Which requests the carrier made: one decorator for every webhook, of texts and of calls.

Before the signature holds, nothing is read of a request but its length, its type and what is signed, and nothing is
written.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

View = Callable[..., HttpResponse]

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
# With it in the address the address vouches for a body that is no form.
BODY_HASH = "bodySHA256"


def signed_by_carrier(view: View) -> View:
    """Let only requests through that carry the carrier's signature over our own address and every parameter.

    405 for anything but POST. 403 for every other request that the holder of TWILIO_AUTH_TOKEN did not sign for exactly
    this address, whatever it says of its own host: a signature of another request, of another installation or of
    another account is none. Exempt from the CSRF check, because the signature proves more.
    """

    @csrf_exempt
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            is_signed = _is_signed(request)
        except (BadRequest, SuspiciousOperation, UnreadablePostError, MultiPartParserError, UnicodeError):
            # Too long, cut off, or not what it says it is.
            is_signed = False
        return view(request, *args, **kwargs) if is_signed else HttpResponse(status=403)

    return guarded


def _is_signed(request: HttpRequest) -> bool:
    # Without a token or a public address anybody could compute the signature.
    if not (settings.TWILIO_AUTH_TOKEN and settings.PUBLIC_BASE_URL):
        return False
    signed: Any
    if request.content_type == FORM:
        signed = request.POST
    elif request.content_type == JSON and BODY_HASH in request.GET:
        signed = request.body.decode()
    else:
        # An upload would be written to disk while it is parsed.
        return False
    # Over the address we are known by, never over what the request claims about its own host.
    address = settings.PUBLIC_BASE_URL.rstrip("/") + request.get_full_path()
    signature = request.headers.get(SIGNATURE_HEADER, "")
    return bool(RequestValidator(settings.TWILIO_AUTH_TOKEN).validate(address, signed, signature)) and _is_ours(request)


def _is_ours(request: HttpRequest) -> bool:
    """Whether the account, where both the request and this process know one, is this installation's."""
    ours = settings.TWILIO_ACCOUNT_SID
    return not ours or request.POST.get("AccountSid", ours) == ours
