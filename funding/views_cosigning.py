"""Where a funder signs large invoices that its own grants pay."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from funding import actions, cosigning_reads
from funding.actions.invoices import BadLinesError
from funding.models import Invoice
from funding.money_rules import rule_on
from funding.policies import RefusedError
from funding.quarters import day_of
from funding.releases.book import THRESHOLD


@require_safe
@members_only(Role.FUNDER)
def to_cosign(request: MemberRequest) -> HttpResponse:
    """What waits for this funder's signature, with the money of its own grants."""
    rule = rule_on(day_of(timezone.now()))
    context = {
        "waiting": cosigning_reads.to_cosign(request.actor.organization_id or 0),
        "above": rule.funder_signature_cents,
        "days": rule.funder_signature_days,
        "threshold": THRESHOLD,
    }
    return render(request, "funding/to_cosign.html", context)


@require_POST
@members_only(Role.FUNDER)
def cosign(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """Signs what the page showed; another funder's invoice is as one that does not exist."""
    waiting = {one.pk for one in cosigning_reads.to_cosign(request.actor.organization_id or 0)}
    if invoice_id not in waiting:
        raise Http404
    found = Invoice.objects.get(pk=invoice_id)
    try:
        actions.approve_invoice(invoice=found, seen=request.POST.get("seen", ""), by=request.actor)
        messages.success(request, f"You have signed {found}.")
    except BadLinesError:
        messages.warning(request, "A line of it cannot be billed any more: the fund's office looks into it.")
    except RefusedError as refused:
        messages.warning(request, str(refused))
    return redirect("funding:to_cosign")
