"""The fund's price list: what the first stage of a case of each type pays."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

PRICES = Path(__file__).with_name("stage_prices.csv")
VALID_FROM = date(2026, 1, 1)
SOURCE = "Fund's stage price list, Nov 2026: proposal, set per grant"


def load(apps: Any) -> None:
    """Makes whatever price is missing; `apps` is Django's registry, real or historical. Idempotent.

    The row `*` is the price of every case type that has no row of its own.
    """
    stage_price = apps.get_model("funding", "StagePrice")
    with PRICES.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            stage_price.objects.get_or_create(
                case_type=row["case_type"],
                valid_from=VALID_FROM,
                defaults={"stage": row["stage"], "cents": int(row["cents"]), "source": SOURCE},
            )
