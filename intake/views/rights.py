"""What else a family may do about its request after the code: take it back, take a consent back, ask for its data."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.roles import FAMILY
from intake.forms.rights import StopForm
from intake.status import asked_of
from intake.visits import with_case
from referrals.actions import rights, withdraw
from referrals.models import Case, TaskKind
from referrals.policies import WrongState

# What the two buttons of the page send.
_ABOUT_DATA = {"copy": TaskKind.COPY_OF_DATA, "delete": TaskKind.DELETE_DATA}


@require_http_methods(["GET", "HEAD", "POST"])
@with_case
def take_back(request: HttpRequest, case: Case) -> HttpResponse:
    """Ends the case; pressing again finds it ended."""
    if request.method != "POST":
        return render(request, "intake/take_back.html", {"is_open": case.is_open})
    try:
        withdraw(case=case, by=FAMILY)
    except WrongState:
        return redirect("intake:yours")
    return _done()


@require_http_methods(["GET", "HEAD", "POST"])
@with_case
def stop(request: HttpRequest, case: Case) -> HttpResponse:
    """Takes consents back."""
    form = StopForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "intake/stop.html", {"form": form})
    rights.withdraw_consent(case=case, consents=form.cleaned_data["consents"], by=FAMILY)
    return _done()


@require_http_methods(["GET", "HEAD", "POST"])
@with_case
def data(request: HttpRequest, case: Case) -> HttpResponse:
    """Asks for a copy of the data, or for their end."""
    kind = _ABOUT_DATA.get(request.POST.get("what", ""))
    if kind is None:
        return render(request, "intake/data.html", {"asked": asked_of(case, timezone.now()), "is_open": case.is_open})
    rights.ask_about_data(case=case, kind=kind, by=FAMILY)
    return _done()


def _done() -> HttpResponse:
    response = redirect("intake:yours")
    response["Location"] += "?done"
    return response
