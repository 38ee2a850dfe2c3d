"""The one place where something is done to a case: what it means, what the family is told, a note, and the button."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from accounts.vault import keys_or_none
from referrals.actions import CannotBeOffered
from referrals.actions.notes import add_note
from referrals.actions.words import edit_texts
from referrals.by_hand import DEEDS, check_may_do
from referrals.deadlines import NotCounted
from referrals.forms.base import DeedForm
from referrals.forms.deeds import DeedNote, form_for
from referrals.forms.words import WordsForm
from referrals.models import Case
from referrals.policies import WrongState
from referrals.preview import Preview, preview
from referrals.selectors import case_page, visible_cases
from referrals.views.moved_on import moved_on


@dataclass(frozen=True, slots=True)
class Parts:
    """What the page asks besides the deed's own form: a note, and, of a text, its words."""

    form: DeedForm
    note: DeedNote | None
    told: Preview | None
    words: WordsForm | None

    def are_valid(self) -> bool:
        """Of each part that is there, so that all mistakes are shown at once."""
        checked = [part.is_valid() for part in (self.form, self.note, self.words) if part is not None]
        return all(checked)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(Role.COORDINATOR, Role.PROVIDER_STAFF)
def do(request: MemberRequest, reference: str, deed: str) -> HttpResponse:
    """Shows what is about to be done and said; does it when it is sent; with something missing, the page again."""
    case = get_object_or_404(visible_cases(request.actor), reference=reference)
    if deed not in DEEDS:
        raise Http404
    now = timezone.now()
    posted = request.POST if request.method == "POST" else None
    page = case_page(case, request.actor, now=now)
    form = form_for(deed, case, now=now, posted=posted, live_offer=page.live_offer)
    note = DeedNote(posted, deed=deed) if page.may_note_beside else None
    told = preview(deed, case, now=now)
    words = WordsForm(posted, preview=told) if told and request.actor.acts_as(Role.COORDINATOR) else None
    parts = Parts(form, note, told, words)
    try:
        # Before the form: who came second should not first be asked for a reason.
        check_may_do(request.actor, case, deed)
        if posted is None:
            return _ask(request, case, deed, parts, now=now)
        if not parts.are_valid():
            return _ask(request, case, deed, parts, now=now, status=400)
        _do(request, case, deed, parts, now=now)
    except CannotBeOffered as error:
        form.add_error("program" if "program" in form.fields else None, str(error))
        return _ask(request, case, deed, parts, now=now, status=409)
    except NotCounted as error:
        # The table changed between the form's look at it and the action's.
        form.add_error("code", str(error))
        return _ask(request, case, deed, parts, now=now, status=409)
    except WrongState as error:
        return moved_on(request, Case.objects.get(pk=case.pk), error)
    messages.success(request, f"{case.reference}: {DEEDS[deed].done}.")
    if visible_cases(request.actor).filter(pk=case.pk).exists():
        return redirect("referrals:case", reference=reference)
    return redirect("referrals:offers")


def _do(request: MemberRequest, case: Case, deed: str, parts: Parts, *, now: datetime) -> None:
    """The note first: after some deeds the case is no longer the writer's. All of it stays, or none."""
    keys = {"keys": keys_or_none(request)} if DEEDS[deed].takes_keys else {}
    with transaction.atomic():
        if parts.note is not None and (text := parts.note.cleaned_data["sealed_note"]):
            add_note(case=case, text=text, by=request.actor)
        DEEDS[deed].act(case=case, by=request.actor, **keys, **parts.form.cleaned_data)
        if parts.told and parts.words and parts.words.words:
            template = parts.told.template
            edit_texts(case=case, template=template, words=parts.words.words, by=request.actor, now=now)


def _ask(
    request: MemberRequest, case: Case, deed: str, parts: Parts, *, now: datetime, status: int = 200
) -> HttpResponse:
    context = {
        "case": case,
        "deed": DEEDS[deed],
        "form": parts.form,
        "note": parts.note,
        "preview": parts.told,
        "words": parts.words,
        "now": now,
    }
    return render(request, "referrals/deed.html", context, status=status)
