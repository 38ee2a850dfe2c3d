"""What may stand on an invoice: each line against its commitment, the same for the form, the file and the signature."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from accounts.roles import Actor
from funding.csv_lines import BadLine, UnreadableError, cents_from, day_from, reference_of, rows_of
from funding.models import AccountingMonth, Commitment, CommitmentState, InvoiceLine, PaidLine, ProviderAgreement
from funding.money_rules import last_day_to_bill
from funding.payment_file import bank_name
from funding.quarters import day_of
from providers.models import Provider

COLUMNS = ("case", "stage", "date", "amount")
NOT_YOURS = "No case with this reference is yours."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line that somebody wants on an invoice; `number` is its line in the file, or in the form."""

    number: int
    reference: str
    stage: str
    day: date
    cents: int


@dataclass(frozen=True, slots=True)
class Payee:
    """Whom the bank pays: by its own number, and the name as its file has it."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Billable:
    """A line that was checked, with the commitment it is billed against."""

    commitment: Commitment
    day: date


def read_invoice(content: bytes) -> tuple[list[Wanted], list[BadLine]]:
    """The lines of an invoice's CSV and those that cannot be read. Raises UnreadableError for the whole file."""
    wanted, bad = [], []
    for number, cells in rows_of(content, COLUMNS):
        reference = ""
        try:
            if not cells:
                raise UnreadableError(f"The line must have {len(COLUMNS)} cells: {', '.join(COLUMNS)}.")
            reference = reference_of(cells["case"])
            day, cents = day_from(cells["date"]), cents_from(cells["amount"])
            wanted.append(Wanted(number, reference, cells["stage"], day, cents))
        except UnreadableError as unreadable:
            bad.append(BadLine(number, str(unreadable), reference))
    return wanted, bad


def check_lines(
    wanted: Sequence[Wanted], *, provider: Provider, now: datetime, besides: Iterable[int] = (), is_sent: bool = False
) -> tuple[list[Billable], list[BadLine]]:
    """Each line with its commitment, or the reason why it cannot be billed. `besides`: invoice lines to overlook; of
    those what was paid and came back can be paid again.
    `is_sent`: a month that was closed since the invoice was sent is no reason; the payment is posted into an open one.

    A case of another provider and one that does not exist give the same reason.
    """
    references = {line.reference for line in wanted}
    commitments = Commitment.objects.filter(provider=provider, case_reference__in=references)
    by_stage: dict[tuple[str, str], Commitment] = {}
    for commitment in commitments.select_related("provider").prefetch_related("shares__grant"):
        by_stage[commitment.case_reference, commitment.stage] = commitment
    mine = {reference for reference, _stage in by_stage}
    besides = list(besides)
    back = _came_back(besides)
    live = InvoiceLine.objects.filter(is_live=True, commitment__in=by_stage.values()).exclude(pk__in=besides)
    billed = dict(live.values_list("commitment_id", "invoice__number"))
    closed = (
        set() if is_sent else set(AccountingMonth.objects.filter(is_closed=True).values_list("first_day", flat=True))
    )
    first_use: dict[tuple[str, str], int] = {}
    good: list[Billable] = []
    bad: list[BadLine] = []
    for line in wanted:
        key = (line.reference, line.stage)
        commitment_or_none = by_stage.get(key)
        if key in first_use:
            reason = f"Twice the same stage of this case: see line {first_use[key]}."
        elif line.reference not in mine:
            reason = NOT_YOURS
        elif commitment_or_none is None:
            reason = "This stage was not begun on this case."
        elif commitment_or_none.pk in billed and commitment_or_none.state != CommitmentState.PAID:
            reason = f"This stage is already on invoice {billed[commitment_or_none.pk]}."
        else:
            reason = _why_not(
                line, commitment_or_none, closed=closed, today=day_of(now), is_back=commitment_or_none.pk in back
            )
        first_use.setdefault(key, line.number)
        if reason:
            bad.append(BadLine(line.number, reason, line.reference))
        elif commitment_or_none is not None:
            good.append(Billable(commitment_or_none, line.day))
    return good, bad


def _came_back(lines: Sequence[int]) -> set[UUID]:
    """The commitments of these invoice lines whose payment the bank gave back, and that no other has paid since."""
    paid = PaidLine.objects.filter(line__in=lines)
    standing = paid.filter(item__returned_on__isnull=True).values_list("line__commitment_id", flat=True)
    back = paid.filter(item__returned_on__isnull=False).values_list("line__commitment_id", flat=True)
    return set(back) - set(standing)


def _why_not(line: Wanted, commitment: Commitment, *, closed: set[date], today: date, is_back: bool) -> str:
    """The first reason against billing the line; "" when there is none."""
    return (
        ("" if is_back else _why_not_state(commitment))
        or _why_not_amount(line.cents, commitment)
        or _why_not_day(line.day, commitment, closed=closed, today=today)
    )


def _why_not_state(commitment: Commitment) -> str:
    if commitment.is_over_cap:
        return "Over the cap of what one case may cost: ask for an allowance first."
    return {
        CommitmentState.PAID: "This stage is already paid.",
        CommitmentState.RELEASED: "The money was given to other cases: the case left, or the invoice came too late.",
        CommitmentState.UNFUNDED: "No grant has money for it yet: finance knows.",
    }.get(CommitmentState(commitment.state), "")


def _why_not_amount(cents: int, commitment: Commitment) -> str:
    if cents == commitment.cents:
        return ""
    agreed = f"${commitment.cents // 100:,}.{commitment.cents % 100:02}"
    return f"{'More' if cents > commitment.cents else 'Less'} than the agreed price of this stage, {agreed}."


def _why_not_day(day: date, commitment: Commitment, *, closed: set[date], today: date) -> str:
    began = day_of(commitment.committed_at)
    if day > today:
        return "This day is in the future."
    if day < began:
        return f"The stage began on {began:%B} {began.day}, {began.year}."
    for share in commitment.shares.all():
        if not share.grant.starts_on <= day <= share.grant.ends_on:
            why = f"Outside the dates of the grant that pays: {share.grant.starts_on} to {share.grant.ends_on}."
            if day < share.grant.starts_on:
                return why
            return f"{why} After {last_day_to_bill(share.grant)} another grant takes over, if one can."
    if day.replace(day=1) in closed:
        return f"The books of {day:%B %Y} are closed."
    return ""


def provider_of(actor: Actor, *, lock: bool = False) -> Provider:
    """The provider that the actor works for, its row held if asked. Raises PermissionDenied where there is none."""
    rows = Provider.objects.select_for_update() if lock else Provider.objects.all()
    provider = rows.filter(organization_id=actor.organization_id or 0).first()
    if provider is None:
        raise PermissionDenied("Your organization takes no cases.")
    return provider


def payee_of(provider: Provider, on: date) -> Payee | None:
    """Whom the bank pays for the provider's invoices on this day; None where there is no agreement."""
    agreement = ProviderAgreement.objects.on(on).filter(provider=provider).order_by("-valid_from").first()
    return Payee(agreement.payee, bank_name(provider.name)) if agreement else None


def billable(provider: Provider) -> list[Commitment]:
    """What the provider may put on an invoice: funded, neither billed nor paid, the oldest first."""
    open_ones = Commitment.objects.filter(provider=provider, state=CommitmentState.OPEN)
    on_an_invoice = InvoiceLine.objects.filter(is_live=True).values("commitment_id")
    return list(open_ones.exclude(Q(pk__in=on_an_invoice)).order_by("committed_at", "id")[:200])


def amounts(lines: Iterable[InvoiceLine]) -> dict[str, int]:
    """Cents by stage."""
    sums: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.stage] += line.cents
    return dict(sums)
