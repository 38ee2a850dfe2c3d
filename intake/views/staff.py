"""The sealed file for people allowed to read it, always with a reason in the log; a coordinator's corrections."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES
from intake.actions import ChangedMeanwhile, correct_facts
from intake.forms.staff import AnswersForm, OpeningForm
from intake.selectors import newest_facts, opened, reader_of_actor
from privacy import vault
from privacy.models import DocumentKind
from referrals import events
from referrals.actions.moves import lock_case
from referrals.models import Case
from referrals.policies import WrongState, can_see_case, check_may_open
from referrals.views.moved_on import moved_on


def _case_for(request: MemberRequest, reference: str) -> Case:
    """The case, if it is the member's to see; 404 for any other, so that references cannot be tried out."""
    case = get_object_or_404(Case, reference=reference)
    if not can_see_case(request.actor, case):
        raise Http404
    return case


def _log_opening(case: Case, request: MemberRequest, kind: DocumentKind, reason: str) -> None:
    with transaction.atomic():
        events.record(
            case=lock_case(case.pk),
            kind="opened_document",
            by=request.actor,
            now=timezone.now(),
            detail={"document": str(kind), "reason": reason},
        )


@members_only(*HOTLINE_ROLES, *PROVIDER_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def open_document(request: MemberRequest, reference: str, kind: str) -> HttpResponse:
    """Asks why, logs it, then shows the document in the same answer: no address leads to its content."""
    case = _case_for(request, reference)
    if kind not in DocumentKind.values:
        raise Http404
    document_kind = DocumentKind(kind)
    check_may_open(request.actor, case, document_kind)
    form = OpeningForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"case": case, "kind": document_kind.label, "form": form}
    if not form.is_valid():
        return render(request, "intake/open_document.html", context)
    # Logged before it is read, in a transaction of its own: no failure shows content without a trace.
    _log_opening(case, request, document_kind, form.cleaned_data["reason"])
    reader, documents, sealed_away = reader_of_actor(request.actor), [], 0
    for document in vault.latest(case.pk, document_kind):
        try:
            documents.append((document, opened(document, reader=reader, today=localdate())))
        except vault.Unreadable:
            sealed_away += 1
    return render(request, "intake/document.html", context | {"documents": documents, "sealed_away": sealed_away})


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
    asked = OpeningForm(request.POST if request.method == "POST" else None, initial={"reason": "correct"})
    if not asked.is_valid():
        context = {"case": case, "kind": DocumentKind.FACTS.label, "form": asked}
        return render(request, "intake/open_document.html", context)
    _log_opening(case, request, DocumentKind.FACTS, asked.cleaned_data["reason"])
    facts, version = newest_facts(case, request.actor)
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
    _log_opening(case, request, DocumentKind.FACTS, "correct")
    newest = vault.latest(case.pk, DocumentKind.FACTS)[-1]
    typed = request.POST.copy()
    typed["version"] = str(newest.version)
    form = AnswersForm(typed, now=timezone.now())
    theirs = opened(newest, reader=reader_of_actor(request.actor), today=localdate())
    return render(request, "intake/answers.html", {"case": case, "form": form, "theirs": theirs}, status=409)
