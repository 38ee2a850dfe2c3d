"""The money page of the fund's office, and the releases that funders read."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from funding import selectors
from funding.actions import make_release, record_disbursement
from funding.disclosure import THRESHOLD
from funding.forms import PaymentForm
from funding.models import Commitment
from funding.policies import (
    MONEY_ROLES,
    RELEASE_READERS,
    RefusedError,
    can_publish,
    can_record_payments,
    check_is_payable,
)


@require_safe
@members_only(*MONEY_ROLES)
def money(request: MemberRequest) -> HttpResponse:
    """What has no money, what is to be paid, and what is left of each grant."""
    context = {
        "unfunded": selectors.unfunded(),
        "commitments": selectors.unpaid_commitments(request.GET.get("page")),
        "grants": selectors.grants(),
        "quarter": selectors.quarter_to_close(timezone.now()) if can_publish(request.actor) else None,
        "can_record": can_record_payments(request.actor),
    }
    return render(request, "funding/money.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(Role.FINANCE)
def record_payment(request: MemberRequest, commitment_id: UUID) -> HttpResponse:
    """One commitment and the day it was paid on."""
    commitment = get_object_or_404(Commitment.objects.select_related("provider", "grant"), pk=commitment_id)
    now = timezone.now()
    form = PaymentForm(request.POST if request.method == "POST" else None, commitment=commitment, now=now)
    try:
        check_is_payable(commitment)
        if request.method == "POST" and form.is_valid():
            record_disbursement(commitment=commitment, paid_on=form.cleaned_data["paid_on"], by=request.actor, now=now)
            messages.success(request, f"Recorded: {commitment.provider} was paid for {commitment}.")
            return redirect("funding:money")
    except RefusedError as refused:
        messages.warning(request, str(refused))
        return redirect("funding:money")
    status = 400 if form.errors else 200
    return render(request, "funding/record_payment.html", {"form": form, "commitment": commitment}, status=status)


@require_POST
@members_only(*MONEY_ROLES)
def publish(request: MemberRequest) -> HttpResponse:
    """Close the quarter the button named and publish its table."""
    try:
        release = make_release(quarter=request.POST.get("quarter", ""), by=request.actor)
    except (RefusedError, ValueError) as refused:
        messages.warning(request, str(refused))
        return redirect("funding:money")
    messages.success(request, f"{release} is closed. Funders see it on this page.")
    return redirect("funding:funders")


@require_safe
@members_only(*RELEASE_READERS)
def funders(request: MemberRequest) -> HttpResponse:
    """All releases, newest first, each rendered from its stored text."""
    page, tables = selectors.releases(request.GET.get("page"))
    return render(request, "funding/funders.html", {"page": page, "tables": tables, "threshold": THRESHOLD})
