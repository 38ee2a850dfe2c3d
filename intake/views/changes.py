"""Answering one page again after sending. What was answered before is never shown: this browser cannot even read it."""

from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import FAMILY
from intake.corrections import NOT_ERASED_ALONE, NothingAnswered, may_correct, send_correction
from intake.forms.family import QuestionForm, Typed
from intake.questions import BY_NAME, PAGES, Page
from intake.visits import Visitor, with_case
from referrals.policies import WrongState

# What stands on another page and must be known to ask this one: both are answered again, one after the other.
_ASKED_FIRST = {"income": "household"}


@require_safe
@with_case
def change(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Which page to answer again."""
    if visitor.has_taken_back or not may_correct(visitor.case):
        return _too_late(request)
    return render(request, "intake/change.html", {"pages": [page for page in PAGES if page.feeds]})


@require_http_methods(["GET", "HEAD", "POST"])
@with_case
def change_page(request: HttpRequest, visitor: Visitor, page_name: str) -> HttpResponse:
    """The page's questions, empty; sending seals the new answers."""
    page = BY_NAME.get(page_name)
    if page is None or not page.feeds:
        raise Http404
    if visitor.has_taken_back or not may_correct(visitor.case):
        return _too_late(request)
    first = BY_NAME.get(_ASKED_FIRST.get(page.name, ""))
    before = _form(first, request, {}) if first else None
    if first and before and not before.is_valid():
        return _draw(request, first, before, is_last=False)
    typed = {first.name: before.to_typed()} if first and before else {}
    # The answers to the first of two pages alone are not yet any to the second.
    is_sent = request.method == "POST" and (before is None or "once" in request.POST)
    form = _form(page, request, typed, is_sent=is_sent)
    if not form.is_valid():
        return _draw(request, page, form, before)
    values = (before.cleaned_data if before else {}) | form.cleaned_data
    pages = [first, page] if first else [page]
    try:
        send_correction(
            case=visitor.case,
            contact_id=visitor.contact_id,
            pages=pages,
            values=values,
            once=_once(request),
            by=FAMILY,
            erased=_may_be_erased(page) if "erase" in request.POST else (),
        )
    except NothingAnswered:
        form.add_error(None, _("Please answer one question or more."))
        return _draw(request, page, form, before)
    except WrongState:
        return _too_late(request)
    response = redirect("intake:yours")
    response["Location"] += "?done"
    return response


def _may_be_erased(page: Page) -> list[str]:
    """The fields of a page whose earlier answers can be taken back by leaving them empty."""
    fields = page.form.base_fields
    return [name for name in page.feeds if not fields[name].required and name not in NOT_ERASED_ALONE]


def _form(page: Page, request: HttpRequest, typed: Typed, *, is_sent: bool = True) -> QuestionForm:
    sent = request.POST if is_sent and request.method == "POST" else None
    form = page.form(sent, now=timezone.now(), typed=typed)
    for field in form.fields.values():
        # What a new request is offered as likely would here be a new answer that nobody gave.
        field.initial = None
    return form


def _draw(
    request: HttpRequest,
    page: Page,
    form: QuestionForm,
    before: QuestionForm | None = None,
    *,
    is_last: bool = True,
) -> HttpResponse:
    """`is_last` False: the page leads to the one that was picked, and has nothing to send yet."""
    context = {
        "page": page,
        "form": form,
        "carried": [(name, value) for name, values in before.to_typed().items() for value in values] if before else [],
        "once": uuid4() if is_last else None,
        "may_erase": is_last and bool(_may_be_erased(page)),
        "is_erasing": "erase" in request.POST,
    }
    return render(request, "intake/change_page.html", context)


def _once(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("once", ""))
    except ValueError:
        return uuid4()


def _too_late(request: HttpRequest) -> HttpResponse:
    return render(request, "intake/change_closed.html", status=409 if request.method == "POST" else 200)
