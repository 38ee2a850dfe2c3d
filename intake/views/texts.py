"""The texts with a family as a thread: what we sent and what came back, opened with a reason like every sealed part."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES
from accounts.vault import keys_of
from intake.forms.staff import OpeningForm
from notifications.models import Message
from notifications.selectors import received_on, texts_of_case
from notifications.texts import as_of
from privacy import vault
from privacy.models import DocumentKind
from privacy.vault import Keys
from referrals.actions.openings import OpeningReason, record_opening
from referrals.models import Case
from referrals.policies import can_see_case, check_may_open

log = logging.getLogger(__name__)

# Why the words of a line are not there.
GONE = "(The words are no longer here, or your organization has no key to them.)"


@dataclass(frozen=True, slots=True)
class Line:
    """One text of the thread. `in_english` where the words are in another language; `was`: what was sent was edited."""

    at: datetime
    is_ours: bool
    words: str
    language: str = ""
    in_english: str = ""
    state: str = ""
    was: str = ""


@members_only(*HOTLINE_ROLES, *PROVIDER_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: MemberRequest, reference: str) -> HttpResponse:
    """Asks why, logs it, then shows the thread in the same answer."""
    case = get_object_or_404(Case, reference=reference)
    if not can_see_case(request.actor, case):
        raise Http404
    check_may_open(request.actor, case, DocumentKind.NOTES)
    keys = keys_of(request)
    initial = {"reason": OpeningReason.READ_TEXTS}
    form = OpeningForm(request.POST if request.method == "POST" else None, initial=initial)
    if not form.is_valid():
        context = {"case": case, "kind": "Texts", "form": form}
        return render(request, "intake/open_document.html", context)
    record_opening(case=case, kind=DocumentKind.NOTES, reason=form.cleaned_data["reason"], by=request.actor)
    return render(request, "intake/texts.html", {"case": case, "lines": lines_of(case, keys)})


def lines_of(case: Case, keys: Keys) -> list[Line]:
    """The thread, the oldest first; a fixed number of queries, whatever its length."""
    sent, received = texts_of_case(case.pk), received_on(case.pk)
    wanted = {one.pk for one in received} | {one.words_id for one in sent if one.words_id}
    notes = [one for one in vault.latest(case.pk, DocumentKind.NOTES) if one.subject in wanted] if wanted else []
    try:
        opened = vault.open_all(notes, keys=keys)
    except vault.Unreadable:
        log.exception("a text of case %s was changed", case.pk)
        opened = {}
    words = {note.subject: opened[note.pk] for note in notes if note.pk in opened}
    ours = [_sent_line(one, words.get(one.words_id) if one.words_id else {}) for one in sent]
    theirs = [Line(one.received_at, is_ours=False, words=str(_note(words.get(one.pk)))) for one in received]
    return sorted([*ours, *theirs], key=lambda line: line.at)


def _note(payload: dict[str, Any] | None) -> str:
    return str(payload["note"]) if payload else GONE


def _sent_line(message: Message, edited: dict[str, Any] | None) -> Line:
    base = as_of(message.template, message.language, message.about_at, message.created_at)
    english = as_of(message.template, "en", message.about_at, message.created_at)
    state = message.get_state_display() + (f" ({message.reason.replace('_', ' ')})" if message.reason else "")
    if not message.words_id:
        in_english = english if message.language != "en" else ""
        return Line(message.created_at, True, base, message.language, in_english, state)
    return Line(message.created_at, True, _note(edited), message.language, "", state, was=base)
