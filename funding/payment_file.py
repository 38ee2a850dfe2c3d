"""The file for the bank: NACHA's records (file header, batch header, entries, batch and file control) as lines of CSV.

The bank knows each provider by the number of its agreement (`payee`), so no account number is kept here. Pure.
Source of record types, transaction code 22 (credit to a checking account), service class 220 (credits only) and the
class CCD (corporate): Nacha Operating Rules, appendix on record formats.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from funding.csv_lines import neutral
from funding.quarters import day_of

COMPANY = "MPLS LEGAL FUND"
HEADER = (
    "record_type", "class_or_code", "company_or_payee", "payee_name", "amount_cents", "identification", "trace", "date",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One payment: what an invoice comes to, in cents, for the payee the bank knows by this number."""

    payee: str
    name: str
    cents: int
    invoice: str
    trace: str


def trace_of(file_number: int, position: int) -> str:
    """The number by which the bank's statement names a payment: 15 digits, as NACHA's."""
    return f"{file_number:08}{position:07}"


def render(number: int, pays_on: date, made_at: datetime, entries: Sequence[Entry]) -> str:
    """The file's text, the same for the same entries; amounts in cents, days as YYYY-MM-DD."""
    total = sum(entry.cents for entry in entries)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerow(["1", "094101", COMPANY, "", "", f"FILE{number:08}", "", day_of(made_at).isoformat()])
    writer.writerow(["5", "220", COMPANY, "", "", "CCD PROVIDERS", f"{number:08}", pays_on.isoformat()])
    for entry in entries:
        row = ["6", "22", entry.payee, entry.name, str(entry.cents), entry.invoice, entry.trace, pays_on.isoformat()]
        writer.writerow([neutral(cell) for cell in row])
    writer.writerow(["8", "220", COMPANY, "", str(total), f"COUNT {len(entries)}", f"{number:08}", pays_on.isoformat()])
    writer.writerow(["9", "", COMPANY, "", str(total), f"BATCHES 1 ENTRIES {len(entries)}", "", pays_on.isoformat()])
    return text.getvalue()
