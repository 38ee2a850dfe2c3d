"""Invoices: a provider's staff prepare their own, finance and an approver sign those that were sent."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.models import Organization
from accounts.roles import Role
from accounts.same_person import same_person
from funding import actions, billing, invoice_reads
from funding.actions.invoices import CHANGEABLE, BadLinesError
from funding.approvals import digest_of, funders_to_sign, makers_of, signatures
from funding.csv_lines import BadLine, UnreadableError
from funding.forms import FileForm, LinesForm, ReturnForm
from funding.models import Invoice, InvoiceState
from funding.payable import why_not_payable
from funding.policies import INVOICE_READERS, MONEY_ROLES, RefusedError, account_of, can_approve, can_bill
from funding.quarters import day_of

BOTH = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@members_only(*INVOICE_READERS)
def invoices(request: MemberRequest) -> HttpResponse:
    """A provider's own invoices; for the fund all that were sent, those that wait first."""
    can_prepare = can_bill(request.actor)
    context = {
        "invoices": invoice_reads.invoices(request.actor, request.GET.get("page")),
        "can_prepare": can_prepare,
        "to_bill": len(billing.billable(billing.provider_of(request.actor))) if can_prepare else 0,
    }
    return render(request, "funding/invoices.html", context)


@BOTH
@members_only(Role.PROVIDER_STAFF)
def new_invoice(request: MemberRequest) -> HttpResponse:
    """Tick the stages that were done, and say on which day."""
    form = LinesForm(request.POST or None, commitments=billing.billable(billing.provider_of(request.actor)))
    bad: list[BadLine] = []
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.prepare_invoice(wanted=form.wanted(), by=request.actor, now=timezone.now())
            messages.success(request, f"Invoice {made} is a draft: look at it, then send it.")
            return redirect("funding:invoice", made.pk)
        except BadLinesError as refused:
            bad = refused.lines
        except RefusedError as refused:
            form.add_error(None, str(refused))
    return _form_page(request, "funding/new_invoice.html", form, bad)


@BOTH
@members_only(Role.PROVIDER_STAFF)
def import_invoice(request: MemberRequest) -> HttpResponse:
    """An invoice from a CSV file: all of its lines, or each bad one with its reason and nothing taken."""
    form = FileForm(request.POST or None, request.FILES or None)
    bad: list[BadLine] = []
    if request.method == "POST" and form.is_valid():
        try:
            content = form.cleaned_data["file"]
            made = actions.import_invoice(content=content, by=request.actor, now=timezone.now())
            messages.success(request, f"Invoice {made} is a draft: look at it, then send it.")
            return redirect("funding:invoice", made.pk)
        except BadLinesError as refused:
            bad = refused.lines
        except (UnreadableError, RefusedError) as refused:
            form.add_error("file", str(refused))
    return _form_page(request, "funding/import_invoice.html", form, bad, columns=billing.COLUMNS)


@BOTH
@members_only(*INVOICE_READERS)
def invoice(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """One invoice: its lines, who signed, and what the member may do with it; a provider adds lines here."""
    found = _invoice(request, invoice_id)
    can_change = can_bill(request.actor) and found.state in CHANGEABLE
    form = None
    bad: list[BadLine] = []
    if can_change:
        form = LinesForm(request.POST or None, commitments=billing.billable(found.provider))
        if request.method == "POST" and form.is_valid():
            try:
                actions.add_lines(invoice=found, wanted=form.wanted(), by=request.actor, now=timezone.now())
                return redirect("funding:invoice", found.pk)
            except BadLinesError as refused:
                bad = refused.lines
            except RefusedError as refused:
                form.add_error(None, str(refused))
    digest = digest_of(found)
    signed = signatures(found, digest)
    waits = found.state == InvoiceState.SUBMITTED
    context = {
        "invoice": found,
        "lines": found.lines.order_by("case_reference", "stage"),
        "total": sum(line.cents for line in found.lines.all()),
        "signed": signed,
        "digest": digest,
        "can_change": can_change,
        "can_send": can_change and not waits,
        "can_sign": waits
        and can_approve(request.actor)
        and request.actor.role not in {one.role for one in signed}
        and not same_person(account_of(request.actor), makers_of(found) | {one.user_id for one in signed}),
        "can_return": waits and can_approve(request.actor),
        "funders": Organization.objects.filter(pk__in=funders_to_sign(found)).order_by("name"),
        "void": _why_void(found) if can_approve(request.actor) else "",
        "return_form": ReturnForm(),
        "form": form,
        "bad": bad,
        "payments": found.payments.select_related("file").order_by("id"),
    }
    status = 400 if bad or (form is not None and form.errors) else 200
    return render(request, "funding/invoice.html", context, status=status)


@require_POST
@members_only(Role.PROVIDER_STAFF)
def remove_line(request: MemberRequest, invoice_id: UUID, line_id: int) -> HttpResponse:
    """Takes a line off; a first signature counts no more."""
    found = _invoice(request, invoice_id)
    return _do(
        request, found, lambda: actions.remove_line(invoice=found, line_id=line_id, by=request.actor), "Line removed."
    )


@require_POST
@members_only(Role.PROVIDER_STAFF)
def submit_invoice(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """Sends it to the fund's office."""
    found = _invoice(request, invoice_id)
    return _do(request, found, lambda: actions.submit_invoice(invoice=found, by=request.actor), f"{found} is sent.")


@require_POST
@members_only(Role.PROVIDER_STAFF)
def withdraw_invoice(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """Takes it back; its stages can be billed again."""
    found = _invoice(request, invoice_id)
    return _do(
        request, found, lambda: actions.withdraw_invoice(invoice=found, by=request.actor), f"{found} is withdrawn."
    )


@require_POST
@members_only(*MONEY_ROLES)
def approve_invoice(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """Signs what the page showed."""
    found = _invoice(request, invoice_id)
    seen = request.POST.get("seen", "")
    return _do(
        request,
        found,
        lambda: actions.approve_invoice(invoice=found, seen=seen, by=request.actor),
        f"You have signed {found}.",
    )


@require_POST
@members_only(*MONEY_ROLES)
def reopen_invoice(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """Lets an approved invoice whose signatures are void be signed again, or returned."""
    found = _invoice(request, invoice_id)
    return _do(
        request,
        found,
        lambda: actions.reopen_invoice(invoice=found, by=request.actor),
        f"{found} waits for signatures again.",
    )


@require_POST
@members_only(*MONEY_ROLES)
def return_invoice(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """Back to the provider with a reason."""
    found = _invoice(request, invoice_id)
    form = ReturnForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "Choose why it is returned.")
        return redirect("funding:invoice", found.pk)
    reason = form.cleaned_data["reason"]
    return _do(
        request,
        found,
        lambda: actions.return_invoice(invoice=found, reason=reason, by=request.actor),
        f"{found} is returned.",
    )


def _why_void(found: Invoice) -> str:
    """Why the signatures under an approved invoice count no more; "" where they do, or it is not approved."""
    return why_not_payable(found, day_of(timezone.now())) if found.state == InvoiceState.APPROVED else ""


def _do(request: MemberRequest, found: Invoice, act: Callable[[], object], done: str) -> HttpResponse:
    """Do it and say so, or say why not, on the invoice's page."""
    try:
        act()
        messages.success(request, done)
    except BadLinesError as refused:
        for line in refused.lines:
            messages.warning(request, f"{line.reference}: {line.reason}")
    except RefusedError as refused:
        messages.warning(request, str(refused))
    return redirect("funding:invoice", found.pk)


def _form_page(
    request: MemberRequest, template: str, form: LinesForm | FileForm, bad: list[BadLine], **more: object
) -> HttpResponse:
    status = 400 if bad or form.errors else 200
    return render(request, template, {"form": form, "bad": bad, **more}, status=status)


def _invoice(request: MemberRequest, pk: UUID) -> Invoice:
    """The invoice if the member may see it, else the same 404 as for one that does not exist."""
    found = invoice_reads.invoice(request.actor, pk)
    if found is None:
        raise Http404
    return found
