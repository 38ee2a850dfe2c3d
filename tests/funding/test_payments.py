"""Payment files, what comes back, and the bank's statement."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from accounts.roles import Actor, Role
from funding import ledger
from funding.actions import BadLinesError, approve_invoice, import_statement, make_payment, return_payment
from funding.approvals import digest_of
from funding.csv_lines import UnreadableError
from funding.models import (
    Account,
    BankLine,
    BankOutcome,
    BankStatement,
    Commitment,
    CommitmentState,
    Disbursement,
    Invoice,
    InvoiceLine,
    InvoiceState,
    JournalEntry,
    PaymentFile,
    PaymentItem,
    ProviderAgreement,
)
from funding.payment_file import render
from funding.policies import RefusedError
from providers.models import Provider
from tests.factories import client_of, member
from tests.funding.builders import APPROVER, FINANCE, NOW, agreement, approved, commitment, grant, payment, submitted

TODAY = date(2026, 11, 17)

pytestmark = pytest.mark.django_db


def test_a_file_leaves_with_a_disbursement_for_every_stage() -> None:
    city = grant()
    agreement("AHR"), agreement("VLN")
    ours = approved(commitment(city), commitment(city, stage="bond", cents=90_000))
    theirs = approved(commitment(city, code="VLN", cents=20_050))

    file = make_payment(invoices=[theirs.pk, ours.pk], pays_on=TODAY, by=FINANCE, now=NOW)

    assert Disbursement.objects.count() == 3
    assert set(Commitment.objects.values_list("state", flat=True)) == {CommitmentState.PAID}
    assert set(Invoice.objects.values_list("state", flat=True)) == {InvoiceState.PAID}
    assert ledger.trial_balance()[Account.PROGRAM_EXPENSE] == file.cents == 360_050
    rows = list(csv.reader(io.StringIO(file.content, newline="")))
    assert [row[0] for row in rows] == ["record_type", "1", "5", "6", "6", "8", "9"]
    entries = [(row[1], row[2], int(row[4]), row[5], row[6], row[7]) for row in rows if row[0] == "6"]
    assert entries == [
        ("22", "AHR-1", 340_000, "AHR-00001", "000000010000001", "2026-11-17"),
        ("22", "VLN-1", 20_050, "VLN-00001", "000000010000002", "2026-11-17"),
    ]
    assert {int(row[4]) for row in rows if row[0] in ("8", "9")} == {360_050}


def test_a_month_closed_after_an_invoice_was_sent_stops_neither_its_approval_nor_its_payment() -> None:
    agreement()
    invoice = submitted(commitment(grant(), committed_at=NOW - timedelta(days=25)))
    ledger.close_month(date(2026, 10, 1), by=FINANCE, now=NOW)

    for signer in (FINANCE, APPROVER):
        approve_invoice(invoice=invoice, seen=digest_of(invoice), by=signer, now=NOW)
    make_payment(invoices=[invoice.pk], pays_on=TODAY, by=FINANCE, now=NOW)

    assert ledger.trial_balance()[Account.PROGRAM_EXPENSE] == 250_000


def test_a_file_is_dated_by_the_day_in_minneapolis() -> None:
    made_at = datetime(2026, 11, 18, 5, 30, tzinfo=UTC)

    assert render(1, TODAY, made_at, []).splitlines()[1].endswith(",2026-11-17")


def test_no_case_and_no_formula_is_in_a_file() -> None:
    Provider.objects.filter(code="AHR").update(name='=HYPERLINK("x"), Inc.')
    made = commitment(grant())

    file = payment(made)

    assert made.case_reference not in file.content
    (name,) = [row[3] for row in csv.reader(io.StringIO(file.content, newline="")) if row[0] == "6"]
    assert name == "HYPERLINK X INC."
    assert not set("\"'=@\t") & set(file.content)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.FINANCE])
def test_only_finance_pays(role: Role) -> None:
    invoice = approved(commitment(grant()))

    with pytest.raises(PermissionDenied):
        make_payment(invoices=[invoice.pk], pays_on=TODAY, by=Actor(role, user_id=1), now=NOW)


def test_what_only_one_has_signed_is_not_paid() -> None:
    agreement()
    invoice = submitted(commitment(grant()))

    with pytest.raises(RefusedError, match="not approved"):
        make_payment(invoices=[invoice.pk], pays_on=TODAY, by=FINANCE, now=NOW)


def test_what_was_changed_in_the_tables_after_both_signed_is_not_paid() -> None:
    agreement()
    invoice = approved(commitment(grant()))
    InvoiceLine.objects.update(cents=260_000)

    with pytest.raises(RefusedError, match="not what was signed"):
        make_payment(invoices=[invoice.pk], pays_on=TODAY, by=FINANCE, now=NOW)


@pytest.mark.parametrize("state", [CommitmentState.RELEASED])
def test_what_is_no_longer_committed_is_not_paid_and_nothing_of_the_file_is(state: CommitmentState) -> None:
    agreement()
    city = grant()
    good, gone = approved(commitment(city)), approved(commitment(None, state=CommitmentState.OPEN, grant=city))
    from funding.actions.room import give_back

    lost = gone.lines.get().commitment
    give_back(lost)
    Commitment.objects.filter(pk=lost.pk).update(state=state)
    entries = JournalEntry.objects.count()

    with pytest.raises(RefusedError, match="not committed any more"):
        make_payment(invoices=[good.pk, gone.pk], pays_on=TODAY, by=FINANCE, now=NOW)
    assert (PaymentFile.objects.count(), Disbursement.objects.count(), JournalEntry.objects.count()) == (0, 0, entries)


@pytest.mark.parametrize(
    ("day", "reason"),
    [(date(2026, 11, 18), "in the future"), (date(2026, 11, 16), "was approved on November 17, 2026")],
)
def test_a_wrong_day_is_refused(day: date, reason: str) -> None:
    agreement()
    invoice = approved(commitment(grant()))

    with pytest.raises(RefusedError, match=reason):
        make_payment(invoices=[invoice.pk], pays_on=day, by=FINANCE, now=NOW)


def test_the_fund_lives_in_chicago_days() -> None:
    # 23:30 on the 16th in Minneapolis is the 17th in UTC.
    late = NOW.replace(hour=5, minute=30)
    agreement()
    invoice = approved(commitment(grant(), committed_at=late), now=late)

    with pytest.raises(RefusedError, match="in the future"):
        make_payment(invoices=[invoice.pk], pays_on=TODAY, by=FINANCE, now=late)
    make_payment(invoices=[invoice.pk], pays_on=date(2026, 11, 16), by=FINANCE, now=late)


def test_a_closed_month_takes_no_payment() -> None:
    agreement()
    invoice = approved(commitment(grant()))
    ledger.close_month(TODAY, by=FINANCE, now=NOW)

    with pytest.raises(ledger.ClosedMonthError):
        make_payment(invoices=[invoice.pk], pays_on=TODAY, by=FINANCE, now=NOW)
    assert not PaymentFile.objects.exists()


def test_nobody_is_paid_without_an_agreement_that_day() -> None:
    invoice = approved(commitment(grant()))
    ProviderAgreement.objects.update(valid_to=TODAY)

    with pytest.raises(RefusedError, match="no agreement"):
        make_payment(invoices=[invoice.pk], pays_on=TODAY, by=FINANCE, now=NOW)


def test_a_payment_of_nothing_is_refused() -> None:
    with pytest.raises(RefusedError, match="Choose"):
        make_payment(invoices=[], pays_on=TODAY, by=FINANCE, now=NOW)


def test_a_payment_that_came_back_is_reversed_and_can_be_made_again() -> None:
    made = commitment(grant())
    payment(made)
    item = PaymentItem.objects.get()

    return_payment(item=item, on=TODAY, by=FINANCE, now=NOW)
    assert ledger.trial_balance()[Account.PROGRAM_EXPENSE] == 0
    with pytest.raises(RefusedError, match="already recorded"):
        return_payment(item=item, on=TODAY, by=FINANCE, now=NOW)
    again = make_payment(invoices=[item.invoice_id], pays_on=TODAY, by=FINANCE, now=NOW)

    assert ledger.trial_balance()[Account.PROGRAM_EXPENSE] == again.cents == 250_000
    assert Disbursement.objects.count() == 1
    made.refresh_from_db()
    assert made.state == CommitmentState.PAID


@pytest.mark.parametrize("day", [date(2026, 11, 16), date(2026, 11, 18)])
def test_a_payment_comes_back_after_it_left_and_not_in_the_future(day: date) -> None:
    payment(commitment(grant()))

    with pytest.raises(RefusedError, match="comes back after"):
        return_payment(item=PaymentItem.objects.get(), on=day, by=FINANCE, now=NOW)


def _statement(*lines: str) -> bytes:
    return "\n".join(["date,amount,description", *lines, ""]).encode()


def _read(*lines: str) -> list[tuple[int, str]]:
    statement = import_statement(content=_statement(*lines), by=FINANCE, now=NOW)
    return list(statement.lines.order_by("line").values_list("line", "outcome"))


@pytest.fixture
def trace() -> str:
    payment(commitment(grant()))
    return PaymentItem.objects.get().trace


def test_a_statement_is_matched_by_trace_and_amount(trace: str) -> None:
    assert _read(
        f"2026-11-18,-2500.00,ACH CCD {trace} AHR",
        f"2026-11-19,-2500.00,ACH CCD {trace} AHR",
        f"2026-11-19,-2400.00,ACH {trace}",
        f"11/20/2026,2500.00,RETURN {trace}",
        f"2026-11-20,-2500.00,ACH 9{trace}",
        "2026-11-20,-2500.00,Rent",
    ) == [
        (2, BankOutcome.MATCHED),
        (3, BankOutcome.AGAIN),
        (4, BankOutcome.OTHER_AMOUNT),
        (5, BankOutcome.RETURNED),
        (6, BankOutcome.UNKNOWN),
        (7, BankOutcome.UNKNOWN),
    ]


def test_a_payment_on_two_overlapping_statements_is_matched_once(trace: str) -> None:
    assert _read(f"2026-11-18,-2500.00,{trace}") == [(2, BankOutcome.MATCHED)]
    assert _read(f"2026-11-18,-2500.00,{trace}", "2026-11-19,1.00,x") == [(3, BankOutcome.UNKNOWN)]
    assert BankStatement.objects.latest("pk").known_lines == 1


def test_two_real_equal_lines_of_a_day_are_both_taken_and_neither_by_the_next_export(trace: str) -> None:
    twice = ["2026-11-18,-25.00,Fee", "2026-11-18,-25.00,Fee"]
    assert len(_read(*twice)) == 2

    assert len(_read(*twice, f"2026-11-18,-2500.00,{trace}")) == 1
    assert len(_read(*twice, "2026-11-18,-25.00,Fee", f"2026-11-18,-2500.00,{trace}", "2026-11-20,1.00,x")) == 2

    assert list(BankStatement.objects.order_by("pk").values_list("known_lines", flat=True)) == [0, 2, 3]
    assert BankLine.objects.filter(cents=-2_500).count() == 3


def test_a_payment_that_the_bank_really_made_twice_is_said_and_an_overlapping_export_says_it_once(trace: str) -> None:
    twice = [f"2026-11-18,-2500.00,{trace}", f"2026-11-18,-2500.00,{trace}"]

    assert _read(*twice) == [(2, BankOutcome.MATCHED), (3, BankOutcome.AGAIN)]
    assert _read(*twice, "2026-11-19,1.00,x") == [(4, BankOutcome.UNKNOWN)]
    assert BankLine.objects.filter(outcome=BankOutcome.AGAIN).count() == 1


def test_two_payments_alike_on_one_day_are_two() -> None:
    city = grant()
    for minute in range(2):
        payment(commitment(city), now=NOW + timedelta(minutes=minute))
    traces = PaymentItem.objects.order_by("id").values_list("trace", flat=True)

    assert _read(*(f"2026-11-18,-2500.00,{trace}" for trace in traces)) == [
        (2, BankOutcome.MATCHED),
        (3, BankOutcome.MATCHED),
    ]


def test_the_page_says_how_many_lines_were_known_already(trace: str) -> None:
    client = client_of(member(Role.FINANCE))
    line = f"2026-11-18,-2500.00,{trace}"
    for lines, said in (
        ([line], "Read 1 lines: 0 were known already, 1 of the others"),
        ([line, "2026-11-19,1.00,x"], "Read 2 lines: 1 were known already, 0 of the others"),
    ):
        sent = {"file": SimpleUploadedFile("bank.csv", _statement(*lines))}
        text = client.post("/staff/payments/statements/", sent, follow=True).content.decode()
        assert said in text


def test_the_same_statement_is_read_in_once(trace: str) -> None:
    _read(f"2026-11-18,-2500.00,{trace}")

    with pytest.raises(RefusedError, match="read in before"):
        _read(f"2026-11-18,-2500.00,{trace}")
    assert BankStatement.objects.count() == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('2026-11-18,"-2500,00",x', "without a comma"),
        ("18.11.2026,-2500.00,x", "Write the day"),
        ("2026-11-18,--1,x", "in dollars"),
        ("2026-11-18,1.00", "must have 3 cells"),
    ],
)
def test_a_bad_line_of_a_statement_is_named_and_nothing_is_kept(trace: str, line: str, reason: str) -> None:
    with pytest.raises(BadLinesError) as refused:
        _read(f"2026-11-18,-2500.00,{trace}", line)

    ((number, said),) = [(one.number, one.reason) for one in refused.value.lines]
    assert number == 3
    assert reason in said
    assert not BankLine.objects.exists()


def test_a_file_that_is_no_statement_is_refused() -> None:
    with pytest.raises(UnreadableError):
        import_statement(content=b"case,stage\n", by=FINANCE, now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.FINANCE])
def test_only_finance_reads_statements_in(role: Role) -> None:
    with pytest.raises(PermissionDenied):
        import_statement(content=_statement("2026-11-18,1.00,x"), by=Actor(role, user_id=1), now=NOW)


def test_the_banks_words_are_not_kept(trace: str) -> None:
    _read(f"2026-11-18,-2500.00,MARIA FIXTURE {trace}", "2026-11-18,5.00,MARIA FIXTURE")

    with connection.cursor() as cursor:
        cursor.execute("SELECT bank::text FROM funding_bankline bank")
        assert "MARIA" not in str(cursor.fetchall())


def test_invoices_with_the_same_numbers_in_other_files_have_other_traces() -> None:
    city = grant()
    for _ in range(3):
        payment(commitment(city), now=NOW + timedelta(minutes=1))

    traces = list(PaymentItem.objects.order_by("id").values_list("trace", flat=True))
    assert traces == ["000000010000001", "000000020000001", "000000030000001"]
