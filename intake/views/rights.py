"""What else a family may do about its request after the code: take it back, take a consent back, ask for its data."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.roles import FAMILY
from intake import taking_back
from intake.forms.rights import StopForm
from intake.status import asked_of
from intake.visits import Visitor, with_case
from referrals.actions import rights
from referrals.models import TaskKind
from referrals.policies import WrongState

# What the two buttons of the page send.
_ABOUT_DATA = {"copy": TaskKind.COPY_OF_DATA, "delete": TaskKind.DELETE_DATA}


@require_http_methods(["GET", "HEAD", "POST"])
@with_case
def take_back(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Ends the case, or the part of one of several people in it; pressing again finds it done."""
    if request.method != "POST":
        return render(
            request, "intake/take_back.html", {"is_open": visitor.case.is_open and not visitor.has_taken_back}
        )
    if visitor.has_taken_back:
        return redirect("intake:yours")
    try:
        taking_back.take_back(visitor, by=FAMILY)
    except WrongState:
        return redirect("intake:yours")
    return _done()


@require_http_methods(["GET", "HEAD", "POST"])
@with_case
def stop(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Takes consents back."""
    form = StopForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "intake/stop.html", {"form": form})
    rights.withdraw_consent(
        case=visitor.case, contact_id=visitor.contact_id, consents=form.cleaned_data["consents"], by=FAMILY
    )
    return _done()


@require_http_methods(["GET", "HEAD", "POST"])
@with_case
def data(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Asks for a copy of the data, or for their end."""
    kind = _ABOUT_DATA.get(request.POST.get("what", ""))
    if kind is None:
        return render(
            request,
            "intake/data.html",
            {"asked": asked_of(visitor.case, timezone.now()), "is_open": visitor.case.is_open},
        )
    rights.ask_about_data(case=visitor.case, kind=kind, contact_id=visitor.contact_id, by=FAMILY)
    return _done()


def _done() -> HttpResponse:
    response = redirect("intake:yours")
    response["Location"] += "?done"
    return response
