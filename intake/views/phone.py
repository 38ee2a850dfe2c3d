"""A request by phone: a coordinator reads the notice and the questions aloud, fills them in, and reads out the code."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES
from intake import actions, asking, calls
from intake.answers import Answers
from intake.corrections import NothingAnswered, takes_answers
from intake.drafts import OpenDraft
from intake.forms.phone import BeginCallForm
from intake.phone import MINUTES, SECTIONS, Section, next_section, read_out, section_of, still_needed_for_contact
from intake.questions import BY_NAME
from intake.status import NEXT_BY_URGENCY
from intake.views.family import FREE_FROM_DETENTION
from privacy.return_codes import show
from referrals.models import Case, Channel, State
from web.languages import DRAFT_LANGUAGES

P = ParamSpec("P")

# A language that no page is written in: the English is read, an interpreter says it.
OTHER = "other"
LANGUAGES = dict(settings.LANGUAGES)


def with_call(
    view: Callable[Concatenate[MemberRequest, OpenDraft, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, UUID, P], HttpResponseBase]:
    """Opens the coordinator's own call in this browser; the same 404 for everything else."""

    @members_only(*HOTLINE_ROLES)
    @wraps(view)
    def opened(request: MemberRequest, draft_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        draft = calls.of_browser(request, draft_id, by=request.actor, now=timezone.now())
        if draft is None:
            return render(request, "intake/phone_gone.html", status=404)
        return view(request, draft, *args, **kwargs)

    return opened


def until_sent(
    view: Callable[Concatenate[MemberRequest, OpenDraft, P], HttpResponse],
) -> Callable[Concatenate[MemberRequest, OpenDraft, P], HttpResponse]:
    """Leads to the code once the call became a case, whoever was quicker."""

    @wraps(view)
    def unsent(request: MemberRequest, draft: OpenDraft, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if draft.is_submitted:
            return _sent_before(draft)
        try:
            return view(request, draft, *args, **kwargs)
        except actions.AlreadySubmitted:
            return _sent_before(draft)

    return unsent


def _sent_before(draft: OpenDraft) -> HttpResponse:
    response = redirect("intake_staff:phone_sent", draft.row.pk)
    response["Location"] += "?again"
    return response


def _go_on(draft: OpenDraft, after: Section | None = None) -> HttpResponse:
    """To the next section with something to ask, or to reading the answers back."""
    answers = draft.answers(timezone.now())
    section = next_section(answers, after)
    if section is None:
        return redirect("intake_staff:phone_check", draft.row.pk)
    return redirect("intake_staff:phone_ask", draft.row.pk, section.pages[0].name)


@members_only(*HOTLINE_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: MemberRequest) -> HttpResponse:
    """The language and the notice to read aloud; their yes begins a draft. No question can be reached without it."""
    now = timezone.now()
    about = _case_to_fill(request)
    chosen = request.GET.get("language", "en")
    if chosen not in LANGUAGES and chosen != OTHER:
        raise Http404
    language = "en" if chosen == OTHER else chosen
    form = BeginCallForm(initial={"is_interpreted": chosen == OTHER})
    # Ticked for other words than these: they are read again, and ticked again.
    is_old = request.method == "POST" and request.POST.get("version") != actions.NOTICE_VERSION
    if request.method == "POST" and not is_old:
        form = BeginCallForm(request.POST)
    if form.is_valid():
        begun = actions.begin_draft(
            language=language,
            channel=Channel.PHONE,
            by=request.actor,
            interpreted=form.cleaned_data["is_interpreted"],
            for_case=about.reference if about else "",
            now=now,
        )
        response = _go_on(begun.draft)
        calls.remember(response, begun.draft.row.pk, begun.cookie_key)
        return response
    context = {
        "form": form,
        "version": actions.NOTICE_VERSION,
        "is_old": is_old,
        "chosen": chosen,
        "about": about,
        "languages": [*settings.LANGUAGES, (OTHER, "Another language")],
        "earlier": [
            (draft, LANGUAGES[draft.row.language]) for draft in calls.all_of_browser(request, by=request.actor, now=now)
        ],
        "free_from_detention": FREE_FROM_DETENTION,
        **_speech(language),
    }
    return render(request, "intake/phone_start.html", context)


def _case_to_fill(request: MemberRequest) -> Case | None:
    """The case that a call-back asks again about, if the address names one; 404 where nothing can be added."""
    if not (reference := request.GET.get("case", "")):
        return None
    case = get_object_or_404(Case, reference=reference)
    if not takes_answers(case):
        raise Http404
    return case


def _speech(language: str) -> dict[str, Any]:
    """What every page of a call says about the family's language."""
    return {
        "speech": language,
        "speech_name": LANGUAGES[language],
        "is_draft_language": language in DRAFT_LANGUAGES,
    }


def _frame(draft: OpenDraft, section: Section | None = None) -> dict[str, Any]:
    """What every page of one call shows: how long it has taken, how far it is, and the way to every question."""
    now = timezone.now()
    answers = draft.answers(now)
    shown = answers.pages()
    places = [
        (one, [(page, answers.is_answered(page)) for page in one.pages if page in shown])
        for one in SECTIONS
        if any(page in shown for page in one.pages)
    ]
    done = sum(all(is_answered for _page, is_answered in pages) for _section, pages in places)
    return {
        "call": draft.row.pk,
        "for_case": draft.for_case,
        "places": places,
        "section": section,
        "done": done,
        "minutes": int((now - draft.row.created_at).total_seconds() // 60),
        "minutes_meant": MINUTES,
        **_speech(draft.row.language),
    }


@with_call
@until_sent
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: MemberRequest, draft: OpenDraft, page_name: str) -> HttpResponse:
    """One section: some pages of questions on one screen."""
    page = BY_NAME.get(page_name)
    if page is None:
        raise Http404
    section, answers = section_of(page), draft.answers(timezone.now())
    if request.method == "POST":
        screen = asking.take(draft, section, request.POST, answers)
        if screen.is_clear:
            return redirect("intake_staff:phone_cut", draft.row.pk) if "cut" in request.POST else _go_on(draft, section)
        asked = screen.asked
    else:
        asked = asking.show(draft, section, answers)
    if not asked:
        return _go_on(draft)
    wrong = next((one.form for one in asked if one.form.errors), None)
    context = _frame(draft, section) | {"asked": asked, "form": wrong}
    return render(request, "intake/phone_ask.html", context)


@with_call
@until_sent
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: MemberRequest, draft: OpenDraft) -> HttpResponse:
    """Reading the answers back; sending them once the family has agreed."""
    answers = draft.answers(timezone.now())
    if answers.next_page():
        return _go_on(draft)
    changed_elsewhere = False
    if request.method == "POST":
        changed_elsewhere = request.POST.get("revision") != str(draft.row.revision)
        if not changed_elsewhere:
            try:
                return _send(request, draft, answers)
            except actions.ChangedMeanwhile:
                return redirect("intake_staff:phone_check", draft.row.pk)
    context = _frame(draft) | {
        "answered": [(page, list(answers.spoken(page))) for page in answers.pages()],
        "revision": draft.row.revision,
        "changed_elsewhere": changed_elsewhere,
        "is_information": not draft.for_case and actions.wants_only_information(answers),
    }
    return render(request, "intake/phone_check.html", context)


def _send(request: MemberRequest, draft: OpenDraft, answers: Answers) -> HttpResponse:
    if draft.for_case or not actions.wants_only_information(answers):
        actions.submit_draft(draft=draft, by=request.actor)
        return redirect("intake_staff:phone_sent", draft.row.pk)
    actions.end_with_advice(draft=draft)
    with translation.override(draft.row.language):
        response = redirect(reverse("intake:advice") + "?deleted")
    calls.put_away(response, draft.row.pk)
    return response


@with_call
@until_sent
@require_http_methods(["GET", "HEAD", "POST"])
def cut(request: MemberRequest, draft: OpenDraft) -> HttpResponse:
    """The call ended too early: a case with a call-back task if there is a safe number, else the draft waits."""
    needed = [] if draft.for_case else still_needed_for_contact(draft.answers(timezone.now()))
    if request.method == "POST" and not needed:
        try:
            actions.submit_draft(draft=draft, by=request.actor, is_complete=False)
            return redirect("intake_staff:phone_sent", draft.row.pk)
        except (actions.ChangedMeanwhile, NothingAnswered):
            return redirect("intake_staff:phone_cut", draft.row.pk)
    context = _frame(draft) | {"needed": needed, "code": show(draft.code), "until": draft.row.expires_at}
    return render(request, "intake/phone_cut.html", context)


@with_call
@require_http_methods(["GET", "HEAD", "POST"])
def sent(request: MemberRequest, draft: OpenDraft) -> HttpResponse:
    """The code to read out, and what to say last. For a day, to this coordinator in this browser, until put away."""
    if not draft.is_submitted:
        return _go_on(draft)
    if request.method == "POST":
        response = redirect(reverse("referrals:case", args=[draft.content["reference"]]))
        calls.put_away(response, draft.row.pk)
        return response
    case = get_object_or_404(Case, reference=draft.content["reference"])
    if draft.for_case:
        # There is no new code to read out: the family has the one of its first call.
        messages.success(request, f"The answers are in {case.reference}. The family keeps the code it has.")
        response = redirect("referrals:case", case.reference)
        calls.put_away(response, draft.row.pk)
        return response
    code = show(draft.code)
    context = {
        "case": case,
        "is_cut": case.state == State.NEEDS_INFO,
        "code": code,
        "groups": read_out(code, draft.row.language),
        "next_sentence": NEXT_BY_URGENCY[draft.content["urgency"]],
        "sent_again": "again" in request.GET,
        "free_from_detention": FREE_FROM_DETENTION,
        **_speech(draft.row.language),
    }
    return render(request, "intake/phone_sent.html", context)
