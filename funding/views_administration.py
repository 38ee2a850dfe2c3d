"""Administration's cost, what goes back to a funder, and postings that are taken back."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from funding import administration_reads, amounts
from funding.actions import return_unspent
from funding.actions.administration import (
    approve_administration,
    ask_administration,
    may_be_taken_back,
    refuse_administration,
    take_back,
)
from funding.forms import AdministrationForm, DayForm
from funding.ledger import ClosedMonthError, NotReversibleError
from funding.models import AdministrationCost, Grant, JournalEntry
from funding.policies import MONEY_ROLES, PAYMENT_READERS, RefusedError, can_record_payments

BOTH = require_http_methods(["GET", "HEAD", "POST"])


@BOTH
@members_only(*MONEY_ROLES)
def administration(request: MemberRequest) -> HttpResponse:
    """What was asked for and posted; finance asks here, an approver signs."""
    may_ask = can_record_payments(request.actor)
    form = AdministrationForm(request.POST or None) if may_ask else None
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            asked = ask_administration(**form.cleaned_data, by=request.actor)
            messages.success(request, f"Asked of {asked.grant}: it is posted when an approver has signed.")
            return redirect("funding:administration")
        except RefusedError as refused:
            form.add_error(None, str(refused))
    context = {
        "form": form,
        "page": administration_reads.costs(request.GET.get("page")),
        "may_sign": request.actor.role == Role.APPROVER,
    }
    status = 400 if form is not None and form.errors else 200
    return render(request, "funding/administration.html", context, status=status)


@require_POST
@members_only(*MONEY_ROLES)
def decide_administration(request: MemberRequest, cost_id: UUID, decision: str) -> HttpResponse:
    """`approve` is an approver's signature; `refuse` ends it."""
    acts = {"approve": approve_administration, "refuse": refuse_administration}
    if decision not in acts:
        raise Http404
    cost = get_object_or_404(AdministrationCost.objects.select_related("grant"), pk=cost_id)
    try:
        acts[decision](cost=cost, by=request.actor)
        messages.success(request, f"{cost.grant}: done.")
    except (RefusedError, ClosedMonthError) as refused:
        messages.warning(request, str(refused))
    return redirect("funding:administration")


@BOTH
@members_only(Role.FINANCE)
def give_back(request: MemberRequest, grant_id: int) -> HttpResponse:
    """What a grant that is over has not spent goes back to its funder: shown first, then done."""
    grant = get_object_or_404(Grant.objects.select_related("funder"), pk=grant_id)
    form = DayForm(request.POST or None, label="Day it goes back")
    if request.method == "POST" and form.is_valid():
        try:
            cents = return_unspent(grant=grant, on=form.cleaned_data["day"], by=request.actor)
            messages.success(request, f"{amounts.dollars(cents)} of {grant} went back to {grant.funder}.")
            return redirect("funding:money")
        except (RefusedError, ClosedMonthError) as refused:
            form.add_error("day", str(refused))
    unspent = grant.award_cents - grant.committed_cents - grant.returned_cents
    context = {"form": form, "grant": grant, "unspent": unspent}
    return render(request, "funding/give_back.html", context, status=400 if form.errors else 200)


@require_safe
@members_only(*PAYMENT_READERS)
def journal(request: MemberRequest) -> HttpResponse:
    """The postings, the newest first."""
    may_take_back = can_record_payments(request.actor)
    context = {"page": administration_reads.journal(request.GET.get("page")), "may_take_back": may_take_back}
    return render(request, "funding/journal.html", context)


@BOTH
@members_only(Role.FINANCE)
def reverse_entry(request: MemberRequest, entry_id: UUID) -> HttpResponse:
    """Take one posting back by its mirror image: shown first, then done."""
    entry = get_object_or_404(JournalEntry, pk=entry_id)
    if not may_be_taken_back(entry) and request.method != "POST":
        raise Http404
    form = DayForm(request.POST or None, label="Day of the correction")
    if request.method == "POST" and form.is_valid():
        try:
            take_back(entry=entry, on=form.cleaned_data["day"], by=request.actor)
            messages.success(request, f"Taken back: {entry}.")
            return redirect("funding:journal")
        except (RefusedError, ClosedMonthError, NotReversibleError) as refused:
            form.add_error("day", str(refused))
    context = {"form": form, "entry": entry, "lines": entry.lines.select_related("grant").order_by("id")}
    return render(request, "funding/reverse_entry.html", context, status=400 if form.errors else 200)
