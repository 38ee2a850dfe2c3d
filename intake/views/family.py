"""The family's pages, from the start page to the last one. They work without scripts, and nothing goes in a URL."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from intake import actions, visits
from intake.answers import Answers
from intake.drafts import NoDraft, OpenDraft, forget, of_browser, remember
from intake.phones import FREE_FROM_DETENTION
from intake.questions import BY_NAME
from intake.status import NEXT_BY_URGENCY, outside_help, outside_sentence
from intake.views import callers
from privacy.return_codes import show

P = ParamSpec("P")


def with_draft(
    view: Callable[Concatenate[HttpRequest, OpenDraft, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Opens the browser's unsent draft; says kindly what to do where there is none, and never sends one twice."""

    @wraps(view)
    def opened(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        draft = of_browser(request, now=timezone.now())
        if isinstance(draft, NoDraft):
            return no_draft(request, draft)
        if draft.is_submitted:
            return sent_before(request)
        try:
            return view(request, draft, *args, **kwargs)
        except actions.AlreadySubmitted:
            return sent_before(request)

    return opened


def no_draft(request: HttpRequest, why: NoDraft) -> HttpResponse:
    """The page for a browser without a draft: start, or type the code."""
    context = {"is_expired": why is NoDraft.EXPIRED or request.method == "POST"}
    return render(request, "intake/no_draft.html", context, status=410 if context["is_expired"] else 200)


def sent_before(request: HttpRequest) -> HttpResponse:
    """To the last page; a form that came too late is told that nothing of it was kept."""
    response = redirect("intake:sent")
    if request.method == "POST":
        response["Location"] += "?again"
    return response


def next_step(draft: OpenDraft) -> HttpResponse:
    """To the first question still to answer, or to reading the answers over."""
    page = draft.answers(timezone.now()).next_page()
    return redirect("intake:ask", page.name) if page else redirect("intake:check")


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "intake/start.html", {"free_from_detention": FREE_FROM_DETENTION})


@require_safe
def right_now(request: HttpRequest) -> HttpResponse:
    """What to do in the first 90 seconds; stores nothing and asks nothing."""
    return render(request, "intake/right_now.html", {"free_from_detention": FREE_FROM_DETENTION})


@require_http_methods(["GET", "HEAD", "POST"])
def before(request: HttpRequest) -> HttpResponse:
    """The notice; agreeing begins a draft. No question can be reached without it."""
    found = of_browser(request, now=timezone.now())
    going_on = isinstance(found, OpenDraft) and not found.is_submitted
    if request.method != "POST":
        return render(request, "intake/before.html", {"is_going_on": going_on})
    if isinstance(found, OpenDraft) and going_on and not found.typed:
        # A second click on the button: one draft, one code.
        return redirect("intake:code")
    callers.slow_down_beginning(request, timezone.now())
    begun = actions.begin_draft(language=get_language() or "en")
    response = redirect("intake:code")
    remember(response, begun.draft.row.pk, begun.cookie_key)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@with_draft
def code(request: HttpRequest, draft: OpenDraft) -> HttpResponse:
    if request.method == "POST":
        return next_step(draft)
    return render(request, "intake/code.html", {"code": show(draft.code)})


@require_http_methods(["GET", "HEAD", "POST"])
@with_draft
def ask(request: HttpRequest, draft: OpenDraft, page_name: str) -> HttpResponse:
    """One page of questions."""
    page = BY_NAME.get(page_name)
    if page is None:
        raise Http404
    answers = draft.answers(timezone.now())
    if page not in answers.pages():
        return next_step(draft)
    changed_elsewhere = False
    form = answers.form(page)
    if request.method == "POST":
        skipped = page.may_skip and "dont_know" in request.POST
        form = answers.form(page, MultiValueDict() if skipped else request.POST)
        if form.is_valid():
            typed = form.to_typed()
            seen, newest = request.POST.get("saved_at"), draft.mark(page.name)
            changed_elsewhere = seen not in (None, newest) and typed != draft.typed.get(page.name)
            if not changed_elsewhere:
                actions.save_page(draft=draft, page_name=page.name, typed=typed)
                return next_step(draft)
    pages = answers.pages()
    before_this = answers.page_before(page)
    context = {
        "page": page,
        "form": form,
        "saved_at": draft.mark(page.name),
        "kept": list(answers.spoken(page)) if changed_elsewhere and page.name in draft.typed else [],
        "changed_elsewhere": changed_elsewhere,
        "before_this": before_this,
        "number": pages.index(page) + 1,
        "count": len(pages),
    }
    return render(request, "intake/ask.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_draft
def check(request: HttpRequest, draft: OpenDraft) -> HttpResponse:
    """Reading the answers over; sending them."""
    answers = draft.answers(timezone.now())
    if answers.next_page():
        return next_step(draft)
    changed_elsewhere = False
    if request.method == "POST":
        changed_elsewhere = request.POST.get("revision") not in (None, draft.mark())
        if not changed_elsewhere:
            try:
                return _send(draft, answers)
            except actions.ChangedMeanwhile:
                draft.reload()
                return redirect("intake:check")
    pages = answers.pages()
    sections = [(page, list(answers.spoken(page))) for page in pages]
    context = {
        "sections": sections,
        "left_open": [page for page, lines in sections if all(line.is_open for line in lines)],
        "revision": draft.mark(),
        "changed_elsewhere": changed_elsewhere,
        "last_page": pages[-1],
        "is_information": actions.wants_only_information(answers),
    }
    return render(request, "intake/check.html", context)


def _send(draft: OpenDraft, answers: Answers) -> HttpResponse:
    if not actions.wants_only_information(answers):
        actions.submit_draft(draft=draft)
        return redirect("intake:sent")
    actions.end_with_advice(draft=draft)
    response = redirect(reverse("intake:advice") + "?deleted")
    forget(response)
    return response


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """The last page: the code again, what happens next, what to tell the person. For a day, to this browser only."""
    draft = of_browser(request, now=timezone.now())
    if isinstance(draft, NoDraft):
        return no_draft(request, draft)
    if not draft.is_submitted:
        return next_step(draft)
    nearer = outside_help(draft.content["residency"], timezone.now())
    context = {
        "nearer": nearer,
        "nearer_sentence": outside_sentence(nearer) if nearer else "",
        "code": show(draft.code),
        "reference": draft.content["reference"],
        "next_sentence": NEXT_BY_URGENCY[draft.content["urgency"]],
        "sent_again": "again" in request.GET,
        "free_from_detention": FREE_FROM_DETENTION,
    }
    return render(request, "intake/sent.html", context)


# Without a token: a token would set a cookie on pages that only inform. All this can do to a person is sign them out.
@csrf_exempt
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forgets draft and visit and signs out; a page, because browsers block a form's redirect to another site."""
    request.session.flush()
    response = render(request, "web/leaving.html")
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    forget(response)
    visits.end(request)
    visits.forget(response)
    return response
