"""The file for the bank: NACHA's records (file header, batch header, entries, batch and file control) as lines of CSV.

The bank knows each provider by the number of its agreement (`payee`), so no account number is kept here. No cell holds
a quotation mark, a comma or what a spreadsheet takes for a formula: a payee is refused where it is entered, and of a
name only what the bank's format has is written. Pure.
Source of record types, transaction code 22 (credit to a checking account), service class 220 (credits only) and the
class CCD (corporate), names of 22 characters: Nacha Operating Rules, appendix on record formats.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from funding.quarters import day_of

COMPANY = "MPLS LEGAL FUND"
HEADER = (
    "record_type", "class_or_code", "company_or_payee", "payee_name", "amount_cents", "identification", "trace", "date",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One payment: what an invoice comes to, in cents, for the payee the bank knows by this number and name."""

    payee: str
    name: str
    cents: int
    invoice: str
    trace: str


# What a payee may be: never a quotation mark, nor the beginning of a formula.
PAYEE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]{0,14}")


def bank_name(name: str) -> str:
    """A name as the bank's format has it: up to 22 capitals, digits, blanks and `&./-`, the first a letter or digit.

    "" where nothing of the name is left.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper().replace("'", "")
    written = " ".join(re.sub(r"[^A-Z0-9&./-]", " ", plain).split())
    return written.lstrip("&./- ")[:22].strip()


def trace_of(file_number: int, position: int) -> str:
    """The number by which the bank's statement names a payment: 15 digits, as NACHA's."""
    return f"{file_number:08}{position:07}"


def render(number: int, pays_on: date, made_at: datetime, entries: Sequence[Entry]) -> str:
    """The file's text, the same for the same entries; amounts in cents, days as YYYY-MM-DD.

    Raises ValueError for a payee or a name that the format does not have.
    """
    for entry in entries:
        if not PAYEE.fullmatch(entry.payee) or not entry.name or entry.name != bank_name(entry.name):
            raise ValueError(f"the bank's file cannot hold the payee of {entry.invoice}")
    total = sum(entry.cents for entry in entries)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerow(["1", "094101", COMPANY, "", "", f"FILE{number:08}", "", day_of(made_at).isoformat()])
    writer.writerow(["5", "220", COMPANY, "", "", "CCD PROVIDERS", f"{number:08}", pays_on.isoformat()])
    for entry in entries:
        writer.writerow(
            ["6", "22", entry.payee, entry.name, str(entry.cents), entry.invoice, entry.trace, pays_on.isoformat()]
        )
    writer.writerow(["8", "220", COMPANY, "", str(total), f"COUNT {len(entries)}", f"{number:08}", pays_on.isoformat()])
    writer.writerow(["9", "", COMPANY, "", str(total), f"BATCHES 1 ENTRIES {len(entries)}", "", pays_on.isoformat()])
    return text.getvalue()
