"""Whether what was signed is still what would be paid, and to whom."""

from datetime import date

from django.db.models import Exists, OuterRef

from funding.approvals import digest_of, is_fully_signed
from funding.billing import payee_of
from funding.models import Commitment, CommitmentState, Disbursement, Invoice


def why_not_payable(invoice: Invoice, on: date) -> str:
    """Why an approved invoice cannot be paid on this day by its signatures, as the end of a sentence; "" where it can.

    Whatever is wrong here, `reopen_invoice` lets it be signed again or returned.
    """
    digest = digest_of(invoice)
    if digest != invoice.approved_sha256 or not is_fully_signed(invoice, digest):
        return "is not what was signed: nothing of it is paid"
    payee = payee_of(invoice.provider, on)
    if payee is None:
        return f"is {invoice.provider.name}'s, which has no agreement on {on}: the bank would not know whom to pay"
    if (payee.number, payee.name) != (invoice.payee, invoice.payee_name):
        return "was signed for another payee than the bank would pay by now"
    stages = Commitment.objects.filter(invoice_lines__invoice=invoice)
    paid_once = Exists(Disbursement.objects.filter(commitment=OuterRef("pk")))
    gone = stages.exclude(state=CommitmentState.OPEN).exclude(paid_once).first()
    if gone is not None:
        return f"holds a stage that is not committed any more ({gone})"
    return ""
