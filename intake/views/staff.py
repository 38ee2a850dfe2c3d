"""The sealed file for people allowed to read it, always with a reason in the log; a coordinator's corrections."""

import logging
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES
from accounts.vault import keys_of
from intake.actions import ChangedMeanwhile, correct_facts
from intake.forms.staff import AnswersForm, OpeningForm
from intake.selectors import corrections_among, full_facts, newest_facts, opened
from privacy import vault
from privacy.models import DocumentKind
from referrals.actions.openings import OpeningReason, record_opening
from referrals.models import Case
from referrals.policies import WrongState, can_see_case, check_may_open, offer_to_check
from referrals.views.moved_on import moved_on

log = logging.getLogger(__name__)


def _case_for(request: MemberRequest, reference: str) -> Case:
    """The case, if it is the member's to see; 404 for any other, so that references cannot be tried out."""
    case = get_object_or_404(Case, reference=reference)
    if not can_see_case(request.actor, case):
        raise Http404
    return case


@members_only(*HOTLINE_ROLES, *PROVIDER_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def open_document(request: MemberRequest, reference: str, kind: str) -> HttpResponse:
    """Asks why, logs it, then shows the document in the same answer: no address leads to its content."""
    case = _case_for(request, reference)
    if kind not in DocumentKind.values:
        raise Http404
    document_kind = DocumentKind(kind)
    check_may_open(request.actor, case, document_kind)
    # Before the reason is asked: whoever is locked out meets that page first, with nothing typed.
    keys = keys_of(request)
    to_check = offer_to_check(request.actor, case) if document_kind == DocumentKind.NAMES else None
    initial = {"reason": OpeningReason.CONFLICT_CHECK} if to_check else {}
    form = OpeningForm(request.POST if request.method == "POST" else None, initial=initial)
    context: dict[str, Any] = {"case": case, "kind": document_kind.label, "form": form, "offer_to_check": to_check}
    if not form.is_valid():
        return render(request, "intake/open_document.html", context)
    # Before it is read: no failure shows content without a trace.
    record_opening(case=case, kind=document_kind, reason=form.cleaned_data["reason"], by=request.actor)
    newest = vault.latest(case.pk, document_kind)
    ours, documents, changed = vault.wrapped_for(keys.reader, newest), [], 0
    for document in ours:
        try:
            documents.append((document, opened(document, keys=keys, today=localdate())))
        except vault.Unreadable:
            log.error("document %s was changed", document.id)
            changed += 1
    context |= {
        "documents": documents,
        "corrections": corrections_among(ours),
        "sealed_away": len(newest) - len(ours),
        "changed": changed,
    }
    return render(request, "intake/document.html", context)


@members_only(*HOTLINE_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def answers(request: MemberRequest, reference: str) -> HttpResponse:
    """Asks why, then shows the deciding answers to correct; saving triages, screens and routes again."""
    case = _case_for(request, reference)
    try:
        if not case.is_open:
            raise WrongState(f"{case.reference} is over: its answers cannot be changed.")
        if "version" in request.POST:
            return _save_answers(request, case)
    except WrongState as error:
        return moved_on(request, Case.objects.get(pk=case.pk), error)
    keys = keys_of(request)
    asked = OpeningForm(request.POST if request.method == "POST" else None, initial={"reason": "correct"})
    if not asked.is_valid():
        context = {"case": case, "kind": DocumentKind.FACTS.label, "form": asked}
        return render(request, "intake/open_document.html", context)
    record_opening(case=case, kind=DocumentKind.FACTS, reason=asked.cleaned_data["reason"], by=request.actor)
    facts, version = newest_facts(case, keys)
    form = AnswersForm(initial=AnswersForm.initial_of(facts, version), now=timezone.now())
    return render(request, "intake/answers.html", {"case": case, "form": form})


def _save_answers(request: MemberRequest, case: Case) -> HttpResponse:
    form = AnswersForm(request.POST, now=timezone.now())
    if not form.is_valid():
        return render(request, "intake/answers.html", {"case": case, "form": form})
    seen = form.cleaned_data["version"]
    try:
        correct_facts(case=case, facts=form.facts(), seen_version=seen, by=request.actor)
    except ChangedMeanwhile:
        return _compare_answers(request, case)
    messages.success(request, "Answers saved. The case was triaged again.")
    return redirect("referrals:case", reference=case.reference)


def _compare_answers(request: MemberRequest, case: Case) -> HttpResponse:
    """Shows a colleague's newer answers above the ones just typed; saving again is then done with open eyes."""
    keys = keys_of(request)
    record_opening(case=case, kind=DocumentKind.FACTS, reason=OpeningReason.CORRECT, by=request.actor)
    newest = full_facts(case)
    if newest is None:
        raise Http404
    typed = request.POST.copy()
    typed["version"] = str(newest.version)
    form = AnswersForm(typed, now=timezone.now())
    can_read = vault.wrapped_for(keys.reader, [newest])
    theirs = opened(newest, keys=keys, today=localdate()) if can_read else []
    return render(request, "intake/answers.html", {"case": case, "form": form, "theirs": theirs}, status=409)
