"""The demo's handset: what each phone shows, and a line to answer in, as a phone would."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.demo import authenticator_code
from notifications import inbound
from notifications.backends.handset import ShownText
from notifications.models import HandsetReply, HandsetText
from notifications.quiet_hours import may_arrive
from privacy import vault, worker_key
from privacy.vault import Unreadable

NEWEST = 50


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text as the handset page shows it; `is_mine`: typed on this phone."""

    body: str
    language: str
    at: datetime
    is_mine: bool = False


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone, its thread with the oldest text first, and the line to type in."""

    number: str
    bubbles: list[Bubble]
    form: "ReplyForm"


class ReplyForm(forms.Form):
    """One text from one of the phones on the page."""

    number = forms.RegexField(r"^\+1[0-9]{10}$", widget=forms.HiddenInput)
    body = forms.CharField(
        label="Text message",
        max_length=inbound.MOST_CHARACTERS,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Type something to send, such as STOP, HELP or a question."},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def handset(request: HttpRequest) -> HttpResponse:
    """What the demo's phones show: the newest 50 texts by number; a post answers from one. Not in an installation."""
    if not (settings.DEMO and settings.TEXT_BACKEND == "handset"):
        raise Http404
    typed = None
    if request.method == "POST":
        typed = ReplyForm(request.POST)
        if typed.is_valid() and _answer(**typed.cleaned_data):
            return redirect("notifications:handset")
    threads, unreadable = _threads()
    page = {
        "phones": [Phone(number, bubbles, _form(number, typed)) for number, bubbles in threads.items()],
        "typed": typed,
        "unreadable": unreadable,
        "newest": NEWEST,
        "lang": "en",
        "authenticator_code": authenticator_code(timezone.now()),
        "is_night": not may_arrive(timezone.now()),
    }
    return render(request, "notifications/handset.html", page, status=400 if typed else 200)


def _answer(number: str, body: str) -> bool:
    """Send a text from a phone of the page to us, the way the carrier would bring it; False for any other number."""
    newest = _newest_shown(number)
    if newest is None:
        return False
    now = timezone.now()
    reply = HandsetReply(id=uuid4(), message_id=newest.message_id, sent_at=now)
    told = json.dumps({"phone": number, "body": body}, ensure_ascii=False).encode()
    reply.sealed = vault.seal_to_worker(told, context=_context(reply))
    with transaction.atomic():
        reply.save(force_insert=True)
        inbound.receive(carrier_id=f"handset {reply.pk}", number=number, body=body, now=now)
    return True


def _newest_shown(number: str) -> HandsetText | None:
    for text in HandsetText.objects.all()[:NEWEST]:
        try:
            if ShownText.opened(text).phone == number:
                return text
        except Unreadable:
            continue
    return None


def _threads() -> tuple[dict[str, list[Bubble]], int]:
    """By number, the phone with the newest text first; and how many texts do not open."""
    shown: list[tuple[str, Bubble]] = []
    unreadable = 0
    for text in HandsetText.objects.select_related("message")[:NEWEST]:
        try:
            arrived = ShownText.opened(text)
        except Unreadable:
            unreadable += 1
        else:
            shown.append((arrived.phone, Bubble(arrived.body, text.message.language, text.arrived_at)))
    for reply in HandsetReply.objects.all()[:NEWEST]:
        try:
            typed = _opened(reply)
        except Unreadable:
            unreadable += 1
        else:
            shown.append((typed["phone"], Bubble(typed["body"], "", reply.sent_at, is_mine=True)))
    threads: dict[str, list[Bubble]] = defaultdict(list)
    for number, bubble in sorted(shown, key=lambda one: one[1].at, reverse=True):
        threads[number].insert(0, bubble)
    return threads, unreadable


def _opened(reply: HandsetReply) -> dict[str, Any]:
    opened = vault.open_at_worker(reply.sealed, context=_context(reply), keys=worker_key.load().keys())
    told: dict[str, Any] = json.loads(opened)
    return told


def _form(number: str, typed: ReplyForm | None) -> ReplyForm:
    if typed is not None and typed.data.get("number") == number:
        typed.auto_id = f"phone-{number[1:]}-%s"
        return typed
    return ReplyForm(initial={"number": number}, auto_id=f"phone-{number[1:]}-%s")


def _context(reply: HandsetReply) -> str:
    return f"handset reply/{reply.pk}"
