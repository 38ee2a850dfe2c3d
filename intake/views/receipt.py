"""The receipt to take along, for the browser that sent the request and for as long as its last page is kept."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from intake.drafts import NoDraft, of_browser
from intake.receipt import NoPdf, Receipt, as_pdf, receipt_of
from intake.views.family import next_step, no_draft

# Nothing in a folder of downloads may tell what it is about.
FILE_NAME = "receipt.pdf"


def with_receipt(view: Callable[[HttpRequest, Receipt], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Gives the receipt of the browser's own sent request; without one says what to do, as the last page does."""

    @wraps(view)
    def opened(request: HttpRequest) -> HttpResponse:
        draft = of_browser(request, now=timezone.now())
        if isinstance(draft, NoDraft):
            return no_draft(request, draft)
        if not draft.is_submitted:
            return next_step(draft)
        return view(request, receipt_of(draft, get_language() or "en"))

    return opened


@require_safe
@with_receipt
def page(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """The receipt to print."""
    return _draw(request, receipt)


@require_safe
@with_receipt
def pdf(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """The receipt as a file; where the server cannot make one, the page to print instead."""
    try:
        content = as_pdf(receipt)
    except NoPdf:
        return _draw(request, receipt, has_no_pdf=True, status=503)
    attachment = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return HttpResponse(content, content_type="application/pdf", headers=attachment)


def _draw(request: HttpRequest, receipt: Receipt, *, has_no_pdf: bool = False, status: int = 200) -> HttpResponse:
    return render(request, "intake/receipt.html", receipt.context() | {"has_no_pdf": has_no_pdf}, status=status)
