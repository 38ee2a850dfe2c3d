"""The fund's price list: what the first stage of a case of each type pays; and the rules of a case's money."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

PRICES = Path(__file__).with_name("stage_prices.csv")
VALID_FROM = date(2026, 1, 1)
# Earlier than any case: whatever was ever accepted has rules.
RULES_FROM = date(2020, 1, 1)
RULES: dict[str, Any] = {
    "case_cap_cents": 650_000,
    "commitment_days": 365,
    "days_after_close": 60,
    "days_after_grant_end": 30,
    # At the cap of a case more than eleven stand behind it: what a funder then sees is nobody's.
    "funder_signature_cents": 7_500_000,
    "funder_signature_days": 30,
    "source": "Fund's proposal, Nov 2026: cap per case without extra approval, days to send an invoice, what a funder "
    "signs of one invoice or of thirty days' invoices",
}
SOURCE = "Fund's stage price list, Nov 2026: proposal, set per grant"


def load(apps: Any) -> None:
    """Makes whatever price is missing; `apps` is Django's registry, real or historical. Idempotent.

    The row `*` is the price of every case type that has no row of its own; `later` prices a stage that no type begins
    with.
    """
    stage_price = apps.get_model("funding", "StagePrice")
    with PRICES.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            stage_price.objects.get_or_create(
                case_type=row["case_type"],
                valid_from=VALID_FROM,
                defaults={"stage": row["stage"], "cents": int(row["cents"]), "source": SOURCE},
            )
    load_rules(apps)


def load_rules(apps: Any) -> None:
    """Makes the money rules of the first day if they are missing. Idempotent."""
    try:
        money_rule = apps.get_model("funding", "MoneyRule")
    except LookupError:
        # A migration from before there were rules.
        return
    # Migrations of before have not every column yet.
    known = {field.name for field in money_rule._meta.get_fields()}
    money_rule.objects.get_or_create(
        valid_from=RULES_FROM, defaults={name: value for name, value in RULES.items() if name in known}
    )
