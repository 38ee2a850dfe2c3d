"""Allowances, the split of a case over grants, and bonds."""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from accounts.same_person import same_person
from funding import actions, invoice_reads
from funding.approvals import digest_of, makers_of, signed_by
from funding.forms import AllowanceForm, BondForm, DayForm, SplitForm
from funding.ledger import ClosedMonthError
from funding.models import Allowance, Bond, BondState, RequestState
from funding.policies import (
    INVOICE_READERS,
    MONEY_ROLES,
    RefusedError,
    account_of,
    can_approve,
    can_bill,
    can_record_payments,
)

BOTH = require_http_methods(["GET", "HEAD", "POST"])
BOND_ENDS = {"refund": actions.refund_bond, "return": actions.return_to_payer, "forfeit": actions.forfeit_bond}


@BOTH
@members_only(*INVOICE_READERS)
def allowances(request: MemberRequest) -> HttpResponse:
    """What was asked for and decided; a provider asks here for a case of its own."""
    form = AllowanceForm(request.POST or None) if can_bill(request.actor) else None
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            asked = actions.ask_allowance(**form.cleaned_data, by=request.actor)
            messages.success(request, f"Asked for {asked.case_reference}: finance and an approver decide.")
            return redirect("funding:allowances")
        except RefusedError as refused:
            form.add_error("reference", str(refused))
    page = invoice_reads.allowances(request.actor, request.GET.get("page"))
    waiting = [one for one in page if one.state == RequestState.ASKED]
    context = {
        "form": form,
        "page": page,
        "to_sign": _to_sign(request, waiting),
        "may_end": can_approve(request.actor),
    }
    return render(request, "funding/allowances.html", context, status=400 if form is not None and form.errors else 200)


@require_POST
@members_only(*MONEY_ROLES)
def decide_allowance(request: MemberRequest, allowance_id: UUID, decision: str) -> HttpResponse:
    """`approve` signs what the page showed, `refuse` ends it; `end` takes back a cap that was raised."""
    allowance = get_object_or_404(Allowance, pk=allowance_id)
    seen = request.POST.get("seen", "")
    acts: dict[str, Callable[[], object]] = {
        "approve": lambda: actions.approve_allowance(allowance=allowance, seen=seen, by=request.actor),
        "refuse": lambda: actions.refuse_allowance(allowance=allowance, by=request.actor),
        "end": lambda: actions.end_allowance(allowance=allowance, by=request.actor),
    }
    return _do(request, "funding:allowances", acts, decision, f"{allowance.case_reference}: done.")


@require_POST
@members_only(Role.PROVIDER_STAFF)
def withdraw_allowance(request: MemberRequest, allowance_id: UUID) -> HttpResponse:
    """The provider does not ask any more; another provider's is as one that does not exist."""
    own = Allowance.objects.filter(provider__organization_id=request.actor.organization_id or 0)
    allowance = get_object_or_404(own, pk=allowance_id)
    acts: dict[str, Callable[[], object]] = {
        "withdraw": lambda: actions.withdraw_allowance(allowance=allowance, by=request.actor)
    }
    return _do(request, "funding:allowances", acts, "withdraw", f"{allowance.case_reference}: withdrawn.")


@BOTH
@members_only(*MONEY_ROLES)
def splits(request: MemberRequest) -> HttpResponse:
    """Which cases several grants carry; finance sets a case's parts."""
    form = SplitForm(request.POST or None) if can_record_payments(request.actor) else None
    if form is not None and request.method == "POST" and form.is_valid():
        reference, percents = form.cleaned_data["reference"], form.percents()
        try:
            actions.split_case(reference=reference, percents=percents, by=request.actor)
            messages.success(request, f"Saved for {reference}: it counts for what is committed from now on.")
            return redirect("funding:splits")
        except RefusedError as refused:
            form.add_error(None, str(refused))
    context = {"form": form, "splits": invoice_reads.splits()}
    return render(request, "funding/splits.html", context, status=400 if form is not None and form.errors else 200)


@BOTH
@members_only(*INVOICE_READERS)
def bonds(request: MemberRequest) -> HttpResponse:
    """The bonds of the pool; a provider asks here for a case of its own, and sees its own."""
    form = BondForm(request.POST or None) if can_bill(request.actor) else None
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            asked = actions.ask_bond(**form.cleaned_data, by=request.actor)
            messages.success(request, f"Asked for {asked.case_reference}: two people sign it.")
            return redirect("funding:bonds")
        except RefusedError as refused:
            form.add_error("reference", str(refused))
    page = invoice_reads.bonds(request.actor, request.GET.get("page"))
    waiting = [one for one in page if one.state == BondState.ASKED]
    context = {
        "form": form,
        "page": page,
        "to_sign": _to_sign(request, waiting),
        "may_end": can_record_payments(request.actor),
    }
    return render(request, "funding/bonds.html", context, status=400 if form is not None and form.errors else 200)


@require_POST
@members_only(*MONEY_ROLES)
def decide_bond(request: MemberRequest, bond_id: UUID, decision: str) -> HttpResponse:
    """`approve` signs what the page showed, `refuse` ends it."""
    bond = get_object_or_404(Bond, pk=bond_id)
    seen = request.POST.get("seen", "")
    acts: dict[str, Callable[[], object]] = {
        "approve": lambda: actions.approve_bond(bond=bond, seen=seen, by=request.actor),
        "refuse": lambda: actions.refuse_bond(bond=bond, by=request.actor),
    }
    return _do(request, "funding:bonds", acts, decision, f"{bond.case_reference}: done.")


@BOTH
@members_only(Role.FINANCE)
def end_bond(request: MemberRequest, bond_id: UUID, end: str) -> HttpResponse:
    """`refund`, `return` to the payer, or `forfeit`: on which day."""
    bond = get_object_or_404(Bond.objects.select_related("pool"), pk=bond_id)
    if end not in BOND_ENDS:
        raise Http404
    form = DayForm(request.POST or None, label="Day")
    if request.method == "POST" and form.is_valid():
        try:
            BOND_ENDS[end](bond=bond, on=form.cleaned_data["day"], by=request.actor)
            messages.success(request, f"Recorded for {bond.case_reference}.")
            return redirect("funding:bonds")
        except (RefusedError, ClosedMonthError) as refused:
            form.add_error("day", str(refused))
    context = {"form": form, "bond": bond, "end": end}
    return render(request, "funding/end_bond.html", context, status=400 if form.errors else 200)


def _do(
    request: MemberRequest, back: str, acts: dict[str, Callable[[], object]], decision: str, done: str
) -> HttpResponse:
    if decision not in acts:
        raise Http404
    try:
        acts[decision]()
        messages.success(request, done)
    except (RefusedError, ClosedMonthError) as refused:
        messages.warning(request, str(refused))
    return redirect(back)


def _to_sign(request: MemberRequest, waiting: Sequence[Allowance | Bond]) -> dict[UUID, str]:
    """Of what waits, what the member may sign, with the hash of what the page shows."""
    if not can_approve(request.actor):
        return {}
    signed = signed_by(waiting)
    hands = {thing.pk: makers_of(thing) | {one.user_id for one in signed[thing.pk]} for thing in waiting}
    own = same_person(account_of(request.actor), set().union(*hands.values()))
    return {
        thing.pk: digest_of(thing)
        for thing in waiting
        if not own & hands[thing.pk] and request.actor.role not in {one.role for one in signed[thing.pk]}
    }
