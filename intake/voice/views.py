"""The webhooks of a call, all signed by the carrier; no request to anybody else is made in one."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_safe

from intake.models import PhoneCall, PromptRecording
from intake.voice import actions, ahead, calls
from intake.voice.calls import Heard
from intake.voice.lines import is_detention_line
from intake.voice.steps import BY_NAME
from intake.voice.twiml import accept_collect_call, render
from notifications.signatures import signed_by_carrier

# An id of the carrier's is 34 characters; what is longer is none.
_LONGEST_ID = 64
_LONGEST_PRESSED = 60


@signed_by_carrier
@sensitive_post_parameters()
def start(request: HttpRequest) -> HttpResponse:
    """A call begins, or the carrier asks again where it stands."""
    heard, now = _heard(request), timezone.now()
    held = _is_detention(request)
    # By the time this caller agrees there is one.
    ahead.fill()
    call = calls.find_or_begin(heard, is_detention_line=held, now=now)
    if held and settings.COLLECT_CALL_KEYS and calls.has_not_moved(call):
        # Asked again, because the first answer was lost, it has to press them all the same.
        return _twiml(accept_collect_call())
    return _answer(call, heard, now)


@signed_by_carrier
@sensitive_post_parameters()
def accepted(request: HttpRequest) -> HttpResponse:
    """The keys that connect a collect call are pressed."""
    heard, now = _heard(request), timezone.now()
    return _answer(calls.find_or_begin(heard, is_detention_line=_is_detention(request), now=now), heard, now)


@signed_by_carrier
@sensitive_post_parameters()
@sensitive_variables("heard")
def turn(request: HttpRequest, step: str, number: int, mark: str) -> HttpResponse:
    """What was pressed at a step, or how a connection ended."""
    if step not in BY_NAME:
        raise Http404
    heard, now = _heard(request), timezone.now()
    held = _is_detention(request)
    call = actions.hear(heard=heard, step=step, turn=number, mark=mark, is_detention_line=held, now=now)
    return _answer(call, heard, now)


@signed_by_carrier
def ended(request: HttpRequest) -> HttpResponse:
    """The carrier's word that a call is over."""
    actions.hang_up(heard=_heard(request), now=timezone.now())
    return HttpResponse(status=204)


@require_safe
@cache_control(public=True, max_age=31_536_000, immutable=True)
def recording(request: HttpRequest, recording_id: UUID) -> HttpResponse:
    """One recorded sentence, for the carrier and for whoever approves it: it says the same to everybody."""
    found = get_object_or_404(PromptRecording, pk=recording_id)
    return HttpResponse(bytes(found.audio), content_type=found.content_type)


def _heard(request: HttpRequest) -> Heard:
    said = request.POST
    sid = said.get("CallSid", "")
    if not 0 < len(sid) <= _LONGEST_ID:
        raise BadRequest("a call has an id")
    return Heard(
        sid=sid,
        pressed=said.get("Digits", "")[:_LONGEST_PRESSED],
        caller=said.get("From", ""),
        dialed=said.get("DialCallStatus", ""),
    )


def _is_detention(request: HttpRequest) -> bool:
    return is_detention_line(request.POST.get("To", ""), request.POST.get("From", ""))


def _answer(call: PhoneCall, heard: Heard, now: datetime) -> HttpResponse:
    return _twiml(render(call, sid=heard.sid, now=now))


def _twiml(words: str) -> HttpResponse:
    return HttpResponse(words, content_type="text/xml; charset=utf-8")
