"""The hotline's search by phone and A-number. What is typed travels in the body of a POST and is kept nowhere."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES
from accounts.vault import keys_of
from intake import search
from intake.forms.search import SearchForm
from privacy.indexes import index_key_of
from referrals.models import Case


@members_only(*HOTLINE_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def search_page(request: MemberRequest) -> HttpResponse:
    """Asks for a number and shows its cases in the same answer."""
    keys = keys_of(request)
    index_key = index_key_of(keys)
    form = SearchForm(request.POST if request.method == "POST" else None)
    founds = []
    if index_key is not None and form.is_valid():
        purpose, number = form.cleaned_data["number"]
        founds.append(search.find(purpose, number, index_key=index_key, keys=keys, by=request.actor))
    return render(request, "intake/search.html", {"form": form, "founds": founds, "is_prepared": index_key is not None})


@members_only(*HOTLINE_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def alike(request: MemberRequest, reference: str) -> HttpResponse:
    """Other cases with the phone or A-number of this one: the same person asked twice, or one family two people."""
    case = get_object_or_404(Case, reference=reference)
    if request.method != "POST":
        return redirect("referrals:case", reference=reference)
    keys = keys_of(request)
    index_key = index_key_of(keys)
    founds = search.alike(case, index_key=index_key, keys=keys, by=request.actor) if index_key is not None else []
    context = {"case": case, "founds": founds, "is_prepared": index_key is not None}
    return render(request, "intake/search.html", context)
