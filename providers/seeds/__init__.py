"""Reference rows of every installation: case types, providers and their programs, offer orders."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from providers.rule_tables import BadTable, KnownType, Step, order_faults, unknown_steps

FOLDER = Path(__file__).parent
VALID_FROM = date(2026, 1, 1)
CASE_TYPE_SOURCE = "Fund's case-type table, Nov 2026; LIST (Stanford NSMIv2) and LSC CSR codes"
ORDER_SOURCE = "Fund's offer orders, Nov 2026: proposal to be signed by VLN and AHR"


def rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """The rows of a seed table."""
    with (folder / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def load(apps: Any) -> None:
    """Makes whatever is missing; `apps` is Django's registry, real or historical. Idempotent.

    Programs start without room: capacity is each provider's own word, never ours.
    """
    case_type = apps.get_model("providers", "CaseType")
    for row in rows(FOLDER, "case_types.csv"):
        case_type.objects.get_or_create(
            code=row["code"],
            valid_from=VALID_FROM,
            defaults={
                "meaning": row["meaning"],
                "plain_name": row["plain_name"],
                "points": int(row["points"]),
                "detained": row["detained"] == "yes",
                "list_code": row["list_code"],
                "lsc_code": row["lsc_code"],
                "source": CASE_TYPE_SOURCE,
            },
        )
    load_providers(apps)
    _load_offer_orders(apps)


def load_providers(apps: Any) -> None:
    """The organizations that take cases, and their programs."""
    organization = apps.get_model("accounts", "Organization")
    provider = apps.get_model("providers", "Provider")
    program = apps.get_model("providers", "Program")
    for row in rows(FOLDER, "providers.csv"):
        owner, _ = organization.objects.get_or_create(
            slug=row["slug"], defaults={"name": row["name"], "kind": "provider"}
        )
        one, _ = provider.objects.get_or_create(
            code=row["code"],
            defaults={
                "organization": owner,
                "name": row["name"],
                "is_primary": row["is_primary"] == "yes",
                "public_phone": row["public_phone"],
                "has_on_call": row["has_on_call"] == "yes",
                "source": row["source"],
            },
        )
        for kind in row["programs"].split():
            program.objects.get_or_create(provider=one, kind=kind)


def _load_offer_orders(apps: Any) -> None:
    """A step goes to the provider's full detained program, or its nondetained one, by the case type."""
    program = apps.get_model("providers", "Program")
    _check_orders(apps)
    place = apps.get_model("providers", "OfferPlace")
    detained = dict(apps.get_model("providers", "CaseType").objects.values_list("code", "detained"))
    for row in rows(FOLDER, "offer_orders.csv"):
        kind = "detained_full" if detained[row["case_type"]] else "nondetained"
        for position, step in enumerate(row["order"].split(), start=1):
            target = None
            if step != "coordinator":
                target = program.objects.get(provider__code=step.rstrip("*"), kind=kind)
            place.objects.get_or_create(
                case_type=row["case_type"],
                position=position,
                valid_from=VALID_FROM,
                defaults={"program": target, "limited_scope": step.endswith("*"), "source": ORDER_SOURCE},
            )


def add_last_step(apps: Any, case_type: str, *, before: tuple[str, ...], code: str) -> None:
    """The provider `code` is asked last for the case type, if exactly those of `before` are asked today."""
    place = apps.get_model("providers", "OfferPlace")
    order = place.objects.filter(case_type=case_type, valid_to=None).order_by("position")
    if tuple(step.program.provider.code for step in order if step.program) != before or len(order) != len(before):
        return
    program = apps.get_model("providers", "Program").objects.get(provider__code=code, kind="nondetained")
    newest = max(step.valid_from for step in order)
    position = max(step.position for step in order) + 1
    place.objects.get_or_create(
        case_type=case_type,
        position=position,
        valid_from=newest,
        defaults={"program": program, "source": ORDER_SOURCE},
    )


def _check_orders(apps: Any) -> None:
    """Raises `BadTable` where the file's orders name what does not exist, ask somebody twice or have nobody."""
    program, case_type = apps.get_model("providers", "Program"), apps.get_model("providers", "CaseType")
    codes = set(program.objects.values_list("provider__code", flat=True))
    types = [KnownType(code, VALID_FROM) for code in case_type.objects.values_list("code", flat=True)]
    steps, faults = [], []
    for row in rows(FOLDER, "offer_orders.csv"):
        written = row["order"].split()
        faults += unknown_steps(row["case_type"], [one.rstrip("*") for one in written], {*codes, "coordinator"})
        for position, step in enumerate(written, start=1):
            who = "" if step == "coordinator" else step.rstrip("*")
            steps.append(Step(row["case_type"], position, who, is_active=True, valid_from=VALID_FROM))
    faults += order_faults(steps, types, VALID_FROM)
    if faults:
        raise BadTable(faults)
