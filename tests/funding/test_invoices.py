"""An invoice: its provider's cases alone, each stage once, all or nothing; two people sign what they saw."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.roles import Actor, Role
from funding import ledger
from funding.actions import (
    BadLinesError,
    add_lines,
    approve_invoice,
    import_invoice,
    prepare_invoice,
    remove_line,
    return_invoice,
    submit_invoice,
    withdraw_invoice,
)
from funding.approvals import digest_of, signatures
from funding.billing import NOT_YOURS, Wanted
from funding.csv_lines import UnreadableError
from funding.models import (
    Approval,
    Commitment,
    CommitmentState,
    Grant,
    Invoice,
    InvoiceLine,
    InvoiceState,
    ReturnReason,
)
from funding.policies import RefusedError
from providers.models import Provider
from tests.funding.builders import (
    APPROVER,
    FINANCE,
    NOW,
    agreement,
    approved,
    commitment,
    draft,
    grant,
    payment,
    staff,
    submitted,
    wanted,
)

TODAY = date(2026, 11, 17)

pytestmark = pytest.mark.django_db


def sign(invoice: Invoice, by: Actor) -> Invoice:
    return approve_invoice(invoice=invoice, seen=digest_of(invoice), by=by, now=NOW)


def test_an_invoice_bills_each_commitment_at_its_price_and_is_numbered_per_provider() -> None:
    city = grant()
    first, second = draft(commitment(city), commitment(city, stage="bond", cents=90_000)), draft(commitment(city))
    other = draft(commitment(city, code="VLN"))

    assert [one.number for one in (first, second, other)] == ["AHR-00001", "AHR-00002", "VLN-00001"]
    assert sorted(first.lines.values_list("stage", "cents")) == [("bond", 90_000), ("habeas", 250_000)]
    assert first.state == InvoiceState.DRAFT


def _line(text: str) -> bytes:
    return f"case,stage,date,amount\n{text}\n".encode()


def _bad(content: bytes, code: str = "AHR") -> list[tuple[int, str, str]]:
    before = (Invoice.objects.count(), InvoiceLine.objects.count())
    with pytest.raises(BadLinesError) as refused:
        import_invoice(content=content, by=staff(code), now=NOW)
    assert (Invoice.objects.count(), InvoiceLine.objects.count()) == before, "nothing half-taken"
    return [(line.number, line.reference, line.reason) for line in refused.value.lines]


def test_a_file_makes_a_draft_with_all_of_its_lines() -> None:
    city = grant()
    one, two = commitment(city, case_reference="K7M-4QD"), commitment(city, case_reference="ACD-234", cents=15_050)
    content = (
        "\ufeffCase,Stage,Date,Amount\r\nk7m4qd,habeas,11/17/2026,2500\r\n\r\nACD-234,habeas,2026-11-17,$150.50\r\n"
    )

    invoice = import_invoice(content=content.encode(), by=staff(), now=NOW)

    assert set(invoice.lines.values_list("commitment", "worked_on", "cents")) == {
        (one.pk, TODAY, 250_000),
        (two.pk, TODAY, 15_050),
    }


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('K7M-4QD,habeas,2026-11-17,"2500,00"', "without a comma"),
        ('K7M-4QD,habeas,2026-11-17,"2,500.00"', "without a comma"),
        ("K7M-4QD,habeas,2026-11-17,2500.1", "in dollars"),
        ("K7M-4QD,habeas,2026-11-17,-2500", "in dollars"),
        ("K7M-4QD,habeas,2026-11-17,1e3", "in dollars"),
        ("K7M-4QD,habeas,2026-11-17,", "in dollars"),
        ("K7M-4QD,habeas,17.11.2026,2500", "Write the day"),
        ("K7M-4QD,habeas,2026-02-30,2500", "does not exist"),
        ("K7M-4QD,habeas,2/30/2026,2500", "does not exist"),
        ("=1+1,habeas,2026-11-17,2500", "not a case reference"),
        ("Maria Fixture,habeas,2026-11-17,2500", "not a case reference"),
        ("K7M-4QD,habeas,2026-11-17", "must have 4 cells"),
        ("K7M-4QD,habeas,2026-11-17,2500,more", "must have 4 cells"),
        ("ZZZ-ZZZ,habeas,2026-11-17,2500", NOT_YOURS),
        ("VVV-VVV,habeas,2026-11-17,2500", NOT_YOURS),
        ("K7M-4QD,appeal,2026-11-17,2500", "not begun on this case"),
        ("K7M-4QD,habeas,2026-11-17,2500.01", "More than the agreed price of this stage, $2,500.00"),
        ("K7M-4QD,habeas,2026-11-17,2499.99", "Less than the agreed price"),
        ("K7M-4QD,habeas,2026-11-18,2500", "in the future"),
        ("K7M-4QD,habeas,2026-11-16,2500", "The stage began on November 17, 2026"),
        ("PPP-PPP,habeas,2026-11-17,2500", "already paid"),
        ("BBB-BBB,habeas,2026-11-17,2500", "already on invoice AHR-00002"),
        ("UUU-UUU,habeas,2026-11-17,2500", "No grant has money"),
        ("CCC-CCC,habeas,2026-11-17,2500", "Over the cap"),
        ("RRR-RRR,habeas,2026-11-17,2500", "given to other cases"),
        ("EEE-EEE,habeas,2026-11-17,2500", "Outside the dates of the grant that pays: 2026-01-01 to 2026-11-16"),
        ("DDD-DDD,habeas,2026-10-20,2500", "The books of October 2026 are closed"),
    ],
)
def test_a_bad_line_is_named_with_its_reason_and_nothing_is_taken(line: str, reason: str) -> None:
    city = grant()
    commitment(city, case_reference="K7M-4QD")
    commitment(city, case_reference="VVV-VVV", code="VLN")
    payment(commitment(city, case_reference="PPP-PPP"))
    draft(commitment(city, case_reference="BBB-BBB"))
    commitment(None, case_reference="UUU-UUU")
    commitment(None, case_reference="RRR-RRR", state=CommitmentState.RELEASED)
    commitment(None, case_reference="CCC-CCC")
    Commitment.objects.filter(case_reference="CCC-CCC").update(is_over_cap=True)
    over = Commitment.objects.get(case_reference="CCC-CCC")
    over_account(over)
    commitment(grant(name="ended", ends_on=date(2026, 11, 16)), case_reference="EEE-EEE")
    commitment(city, case_reference="DDD-DDD", committed_at=NOW - timedelta(days=40))
    commitment(city, case_reference="GGG-GGG")
    ledger.close_month(date(2026, 10, 1), by=FINANCE, now=NOW)

    ((number, reference, said),) = _bad(_line(f"GGG-GGG,habeas,2026-11-17,2500\n{line}"))

    assert number == 3
    assert reason in said
    first = line.partition(",")[0]
    assert reference in ("", first)
    # What somebody typed where a reference belongs may be a name: it is not said again.
    assert "Maria" not in said


def over_account(of: Commitment) -> None:
    """The builder counted it in its case's account; what is over the cap is not."""
    from funding.models import CaseAccount

    CaseAccount.objects.filter(case_id=of.case_id).update(committed_cents=0)


def test_twice_the_same_stage_of_a_case_is_named_with_the_first_line() -> None:
    commitment(grant(), case_reference="K7M-4QD")
    content = _line("K7M-4QD,habeas,2026-11-17,2500\nK7M4QD,habeas,2026-11-17,2500")

    assert _bad(content) == [(3, "K7M-4QD", "Twice the same stage of this case: see line 2.")]


def test_every_bad_line_is_named_at_once_whatever_is_wrong_with_it() -> None:
    commitment(grant(), case_reference="K7M-4QD")
    content = _line('K7M-4QD,habeas,2026-11-17,2500\nK7M-4QD,bond,2026-11-17,900\nZZZ-ZZZ,habeas,2026-11-17,"1,00"')

    assert [number for number, _reference, _reason in _bad(content)] == [3, 4]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The first line must be: case,stage,date,amount"),
        (b"case;stage;date;amount\nK7M-4QD;habeas;2026-11-17;2500\n", "The first line must be"),
        (b"case,stage,date,amount\n", "no lines"),
        ("case,stage,date,amount\nñ".encode("latin-1"), "not UTF-8"),
        (b"case,stage,date,amount\n\x00", "not text"),
        (b'case,stage,date,amount\n"K7M', "not CSV"),
        (b"case,stage,date,amount\n" + b"K" * 140_000 + b",habeas,2026-11-17,2500\n", "a cell is far too long"),
        (b"case,stage,date,amount\n" + b"K7M-4QD,habeas,2026-11-17,2500\n" * 2001, "more than 2,000 lines"),
        (b"x" * 1_000_001, "too large"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        import_invoice(content=content, by=staff(), now=NOW)
    assert not Invoice.objects.exists()


def test_an_invoice_has_a_line() -> None:
    with pytest.raises(RefusedError, match="at least one line"):
        prepare_invoice(wanted=[], by=staff(), now=NOW)
    made = draft(commitment(grant()))
    remove_line(invoice=made, line_id=made.lines.get().pk, by=staff())
    with pytest.raises(RefusedError, match="at least one line"):
        submit_invoice(invoice=made, by=staff(), now=NOW)


def test_the_database_refuses_a_stage_on_two_live_lines() -> None:
    made = draft(commitment(grant()))
    line = made.lines.get()
    line.pk = None

    with pytest.raises(IntegrityError, match="stage_billed_once"), transaction.atomic():
        line.save(force_insert=True)


def test_what_was_withdrawn_can_be_billed_again() -> None:
    one = commitment(grant())
    withdraw_invoice(invoice=submitted(one), by=staff())

    assert draft(one).lines.count() == 1


ROLES = [role for role in Role if role not in (Role.PROVIDER_STAFF, Role.PROVIDER_LEAD)]


@pytest.mark.parametrize("role", ROLES)
def test_only_a_providers_staff_prepare_and_change_an_invoice(role: Role) -> None:
    made = draft(commitment(grant()))
    by = Actor(role, user_id=5, organization_id=made.provider.organization_id)
    line = made.lines.get().pk
    tries: list[Any] = [
        lambda: prepare_invoice(wanted=[], by=by, now=NOW),
        lambda: import_invoice(content=b"", by=by, now=NOW),
        lambda: add_lines(invoice=made, wanted=[], by=by, now=NOW),
        lambda: remove_line(invoice=made, line_id=line, by=by),
        lambda: submit_invoice(invoice=made, by=by, now=NOW),
        lambda: withdraw_invoice(invoice=made, by=by),
    ]

    for attempt in tries:
        with pytest.raises(PermissionDenied):
            attempt()


def test_another_providers_staff_change_nothing() -> None:
    made = draft(commitment(grant()))
    line = made.lines.get().pk
    tries: list[Any] = [
        lambda: add_lines(invoice=made, wanted=[], by=staff("VLN"), now=NOW),
        lambda: remove_line(invoice=made, line_id=line, by=staff("VLN")),
        lambda: submit_invoice(invoice=made, by=staff("VLN"), now=NOW),
        lambda: withdraw_invoice(invoice=made, by=staff("VLN")),
    ]

    for attempt in tries:
        with pytest.raises(PermissionDenied):
            attempt()
    made.refresh_from_db()
    assert (made.state, made.revision) == (InvoiceState.DRAFT, 1)


@pytest.mark.parametrize("first", [FINANCE, APPROVER])
def test_finance_and_an_approver_together_approve_in_either_order(first: Actor) -> None:
    second = APPROVER if first == FINANCE else FINANCE
    invoice = submitted(commitment(grant()))

    assert sign(invoice, first).state == InvoiceState.SUBMITTED
    done = sign(invoice, second)

    assert done.state == InvoiceState.APPROVED
    assert done.approved_sha256 == digest_of(done)
    assert {one.role for one in signatures(done, done.approved_sha256)} == {Role.FINANCE, Role.APPROVER}


@pytest.mark.parametrize("signer", [FINANCE, APPROVER])
def test_two_of_the_same_side_are_one_signature(signer: Actor) -> None:
    invoice = submitted(commitment(grant()))
    sign(invoice, signer)

    for again in (signer, Actor(signer.role, user_id=99)):
        with pytest.raises(RefusedError, match="Your side has signed"):
            sign(invoice, again)
    assert Approval.objects.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.FINANCE, Role.APPROVER)])
def test_no_other_role_signs_or_returns(role: Role) -> None:
    invoice = submitted(commitment(grant()))
    by = Actor(role, user_id=5, organization_id=invoice.provider.organization_id)

    with pytest.raises(PermissionDenied):
        sign(invoice, by)
    with pytest.raises(PermissionDenied):
        return_invoice(invoice=invoice, reason=ReturnReason.TWICE, by=by)


def test_neither_who_prepared_nor_who_changed_it_signs_whatever_their_role_by_now() -> None:
    city = grant()
    invoice = draft(commitment(city))
    more = Actor(Role.PROVIDER_LEAD, user_id=78, organization_id=invoice.provider.organization_id)
    add_lines(invoice=invoice, wanted=[wanted(commitment(city))], by=more, now=NOW)
    Invoice.objects.update(state=InvoiceState.SUBMITTED, submitted_at=NOW)
    invoice.refresh_from_db()

    for maker in (77, 78):
        with pytest.raises(PermissionDenied, match="prepared"):
            sign(invoice, Actor(Role.FINANCE, user_id=maker))


def test_nobody_of_the_provider_signs() -> None:
    invoice = submitted(commitment(grant()))
    home = Provider.objects.get(code="AHR").organization_id

    with pytest.raises(PermissionDenied, match="does not sign what it is paid"):
        sign(invoice, Actor(Role.APPROVER, user_id=5, organization_id=home))


def test_the_database_refuses_a_signature_of_its_maker_and_of_another_role() -> None:
    invoice = submitted(commitment(grant()))
    for changes in ({"user_id": 77, "role": "finance"}, {"user_id": 5, "role": "provider_staff"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Approval.objects.create(invoice=invoice, sha256="0" * 64, prepared_by_user_id=77, at=NOW, **changes)


def test_a_change_after_the_first_signature_voids_it() -> None:
    city = grant()
    invoice = submitted(commitment(city), commitment(city))
    sign(invoice, FINANCE)

    changed = remove_line(invoice=invoice, line_id=invoice.lines.order_by("id")[0].pk, by=staff())

    assert signatures(changed, digest_of(changed)) == []
    assert sign(changed, APPROVER).state == InvoiceState.SUBMITTED, "finance has not signed this one"
    assert sign(changed, FINANCE).state == InvoiceState.APPROVED


def test_a_change_that_is_undone_brings_no_signature_back() -> None:
    city = grant()
    one, two = commitment(city), commitment(city)
    invoice = submitted(one, two)
    sign(invoice, FINANCE)
    remove_line(invoice=invoice, line_id=invoice.lines.get(commitment=two).pk, by=staff())

    again = add_lines(invoice=invoice, wanted=[wanted(two)], by=staff(), now=NOW)

    assert signatures(again, digest_of(again)) == []


def test_nobody_signs_what_changed_after_the_page_was_drawn() -> None:
    city = grant()
    invoice = submitted(commitment(city), commitment(city))
    seen = digest_of(invoice)
    remove_line(invoice=invoice, line_id=invoice.lines.order_by("id")[0].pk, by=staff())

    with pytest.raises(RefusedError, match="changed after you opened"):
        approve_invoice(invoice=invoice, seen=seen, by=FINANCE, now=NOW)
    assert not Approval.objects.exists()


def test_nothing_changes_an_approved_invoice() -> None:
    city = grant()
    invoice = approved(commitment(city))
    line = invoice.lines.get().pk
    tries: list[Any] = [
        lambda: remove_line(invoice=invoice, line_id=line, by=staff()),
        lambda: add_lines(invoice=invoice, wanted=[wanted(commitment(city))], by=staff(), now=NOW),
        lambda: withdraw_invoice(invoice=invoice, by=staff()),
        lambda: submit_invoice(invoice=invoice, by=staff(), now=NOW),
        lambda: sign(invoice, FINANCE),
        lambda: return_invoice(invoice=invoice, reason=ReturnReason.TWICE, by=FINANCE),
    ]

    for attempt in tries:
        with pytest.raises(RefusedError):
            attempt()
    invoice.refresh_from_db()
    assert invoice.state == InvoiceState.APPROVED


def test_a_returned_invoice_says_why_and_can_be_sent_again() -> None:
    invoice = submitted(commitment(grant()))
    sign(invoice, FINANCE)

    back = return_invoice(invoice=invoice, reason=ReturnReason.WRONG_DAY, by=APPROVER)
    assert (back.state, back.return_reason) == (InvoiceState.RETURNED, ReturnReason.WRONG_DAY)
    sent = submit_invoice(invoice=back, by=staff(), now=NOW)

    assert (sent.state, sent.return_reason) == (InvoiceState.SUBMITTED, "")
    assert signatures(sent, digest_of(sent)) == []


def test_what_became_wrong_meanwhile_is_refused_at_the_signature() -> None:
    agreement()
    made = commitment(grant(), committed_at=NOW - timedelta(days=40))
    invoice = submit_invoice(
        invoice=prepare_invoice(
            wanted=[Wanted(1, made.case_reference, made.stage, date(2026, 10, 20), made.cents)], by=staff(), now=NOW
        ),
        by=staff(),
        now=NOW,
    )
    Grant.objects.filter(commitments=made).update(ends_on=date(2026, 10, 19))

    with pytest.raises(BadLinesError):
        sign(invoice, FINANCE)
