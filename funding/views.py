"""The money page of the fund's office, from which a quarter is closed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, members_only
from funding import invoice_reads, selectors
from funding.actions import ask_release
from funding.policies import (
    MONEY_ROLES,
    RefusedError,
    can_publish,
    can_record_payments,
)
from funding.quarters import day_of


@require_safe
@members_only(*MONEY_ROLES)
def money(request: MemberRequest) -> HttpResponse:
    """What has no money, what is to be paid, and what is left of each grant."""
    context = {
        "unfunded": selectors.unfunded(),
        "waiting": invoice_reads.waiting(),
        "commitments": selectors.unpaid_commitments(request.GET.get("page")),
        "grants": selectors.grants(),
        "today": day_of(timezone.now()),
        "may_return": can_record_payments(request.actor),
        "quarter": selectors.quarter_to_close(timezone.now()) if can_publish(request.actor) else None,
        "asked": selectors.last_asked() if can_publish(request.actor) else None,
        "month": invoice_reads.month_to_close(timezone.now()) if can_record_payments(request.actor) else None,
    }
    return render(request, "funding/money.html", context)


@require_POST
@members_only(*MONEY_ROLES)
def publish(request: MemberRequest) -> HttpResponse:
    """Ask for the quarter the button named; the worker closes it, and the money page says how far it is."""
    try:
        asked = ask_release(quarter=request.POST.get("quarter", ""), by=request.actor)
    except (RefusedError, ValueError) as refused:
        messages.warning(request, str(refused))
        return redirect("funding:money")
    messages.success(request, f"{asked.quarter} will be closed and published: this takes a minute.")
    return redirect("funding:money")
