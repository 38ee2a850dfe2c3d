"""Payment files and the bank's statements."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from funding import actions, invoice_reads
from funding.actions.invoices import BadLinesError
from funding.actions.statements import COLUMNS
from funding.csv_lines import BadLine, UnreadableError
from funding.forms import DayForm, FileForm, PaymentForm
from funding.ledger import ClosedMonthError, close_month
from funding.models import AccountingMonth, PaymentFile, PaymentItem
from funding.policies import PAYMENT_READERS, RefusedError, can_record_payments

BOTH = require_http_methods(["GET", "HEAD", "POST"])


@BOTH
@members_only(*PAYMENT_READERS)
def payments(request: MemberRequest) -> HttpResponse:
    """The files that left; finance makes the next one from approved invoices."""
    may_pay = can_record_payments(request.actor)
    form = PaymentForm(request.POST or None, invoices=invoice_reads.payable()) if may_pay else None
    if form is not None and request.method == "POST" and form.is_valid():
        chosen = [UUID(one) for one in form.cleaned_data["invoices"]]
        try:
            file = actions.make_payment(invoices=chosen, pays_on=form.cleaned_data["pays_on"], by=request.actor)
            messages.success(request, f"{file} is ready: download it and hand it to the bank.")
            return redirect("funding:payments")
        except (RefusedError, ClosedMonthError) as refused:
            form.add_error(None, str(refused))
    context = {
        "form": form,
        "files": invoice_reads.payment_files(request.GET.get("page")),
        "may_download": may_pay,
    }
    return render(request, "funding/payments.html", context, status=400 if form is not None and form.errors else 200)


@require_safe
@members_only(Role.FINANCE)
def payment_file(request: MemberRequest, file_id: UUID) -> HttpResponse:
    """The frozen bytes for the bank."""
    file = get_object_or_404(PaymentFile, pk=file_id)
    response = HttpResponse(file.content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="payment-file-{file.number:08}.csv"'
    return response


@BOTH
@members_only(Role.FINANCE)
def return_payment(request: MemberRequest, item_id: int) -> HttpResponse:
    """The bank gave a payment back: on which day."""
    item = get_object_or_404(PaymentItem.objects.select_related("invoice__provider", "file"), pk=item_id)
    form = DayForm(request.POST or None, label="Day it came back")
    if request.method == "POST" and form.is_valid():
        try:
            actions.return_payment(item=item, on=form.cleaned_data["day"], by=request.actor)
            messages.success(request, f"Recorded: {item.invoice} is approved and unpaid again.")
            return redirect("funding:payments")
        except (RefusedError, ClosedMonthError) as refused:
            form.add_error("day", str(refused))
    context = {"form": form, "item": item}
    return render(request, "funding/return_payment.html", context, status=400 if form.errors else 200)


@BOTH
@members_only(Role.FINANCE)
def statements(request: MemberRequest) -> HttpResponse:
    """Reads the bank's statement in, and shows what does not agree."""
    form = FileForm(request.POST or None, request.FILES or None)
    bad: list[BadLine] = []
    if request.method == "POST" and form.is_valid():
        try:
            statement = actions.import_statement(content=form.cleaned_data["file"], by=request.actor)
            matched = statement.lines.filter(outcome="matched").count()
            number = statement.lines.count() + statement.known_lines
            messages.success(
                request,
                f"Read {number} lines: {statement.known_lines} were known already, "
                f"{matched} of the others are payments of ours.",
            )
            return redirect("funding:statements")
        except BadLinesError as refused:
            bad = refused.lines
        except (UnreadableError, RefusedError) as refused:
            form.add_error("file", str(refused))
    context = {"form": form, "bad": bad, "columns": COLUMNS, "bank": invoice_reads.at_the_bank(timezone.now())}
    return render(request, "funding/statements.html", context, status=400 if bad or form.errors else 200)


@require_POST
@members_only(Role.FINANCE)
def close(request: MemberRequest, month_id: int) -> HttpResponse:
    """No posting into this month any more."""
    month = get_object_or_404(AccountingMonth, pk=month_id)
    if month != invoice_reads.month_to_close(timezone.now()):
        messages.warning(request, "Months are closed when they are over, one after the other.")
        return redirect("funding:money")
    closed = close_month(month.first_day, by=request.actor, now=timezone.now())
    messages.success(request, f"The books of {closed} are closed.")
    return redirect("funding:money")
