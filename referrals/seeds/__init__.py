"""Reference rows of every installation: triage rules, facilities, ZIP codes, income lines, partners, retention,
deadlines.

A rule's condition is written as tests that must all hold: `held in yes; circuit in 5 8`.
"""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from providers.rule_tables import BadTable, KnownType, Step
from providers.seeds import VALID_FROM, rows
from referrals.deadlines import packaged_rules
from referrals.rule_tables import Rule, triage_faults, urgency_faults

FOLDER = Path(__file__).parent
HELPS_OUTSIDE_CITY = "ilcm-intake"
STAGE_SOURCE = "Fund's stage price list, Nov 2026: proposal, set per grant"
_YES_NO_COLUMNS = ("takes_calls", "messages_are_private")
ZIP_SOURCE = "Fund's ZIP list, Nov 2026; check against the City boundary polygon and the HUD crosswalk"


def parse_condition(text: str) -> list[dict[str, Any]]:
    """`"held in yes; hours_to_date at_most 48"` → the JSON a rule row keeps."""
    tests: list[dict[str, Any]] = []
    for test in filter(None, (part.strip() for part in text.split(";"))):
        fact, how, *values = test.split()
        tests.append({"fact": fact, how: int(values[0]) if how == "at_most" else values})
    return tests


def load(apps: Any) -> None:
    """Makes whatever is missing; `apps` is Django's registry, real or historical. Idempotent."""
    load_law(apps)
    load_triage_rules(apps)
    load_urgency_rules(apps)
    load_contact_rules(apps)
    load_retention(apps)
    load_clinic_case_types(apps)
    load_deadline_rules(apps)
    load_stages(apps)


def load_clinic_case_types(apps: Any) -> None:
    """What a clinic can serve."""
    served = apps.get_model("referrals", "ClinicCaseType")
    for row in rows(FOLDER, "clinic_case_types.csv"):
        served.objects.get_or_create(
            case_type=row["case_type"], valid_from=VALID_FROM, defaults={"source": row["source"]}
        )


def load_deadline_rules(apps: Any) -> None:
    """The clocks of the law, the same rows that `referrals.deadlines` counts with by itself."""
    deadline_rule = apps.get_model("referrals", "DeadlineRule")
    for rule in packaged_rules():
        fields = asdict(rule)
        for name in ("row_id", "valid_to"):
            fields.pop(name)
        code, valid_from = fields.pop("code"), fields.pop("valid_from")
        deadline_rule.objects.get_or_create(code=code, valid_from=valid_from, defaults=fields)


def load_stages(apps: Any) -> None:
    """The stages of the work, named as the price list names them."""
    stage = apps.get_model("referrals", "Stage")
    for row in rows(FOLDER, "stages.csv"):
        fields = {
            **row,
            "position": int(row["position"]),
            "case_types": row["case_types"].split(),
            "first_for": row["first_for"].split(),
            "source": STAGE_SOURCE,
        }
        stage.objects.get_or_create(code=fields.pop("code"), valid_from=VALID_FROM, defaults=fields)


def load_retention(apps: Any) -> None:
    """How long what was sealed may be read."""
    rule = apps.get_model("referrals", "RetentionRule")
    for row in rows(FOLDER, "retention.csv"):
        fields = {
            **row,
            "kinds": row["kinds"].split(),
            "days": int(row["days"]),
            "ends_case": row["ends_case"] == "yes",
        }
        rule.objects.get_or_create(code=fields.pop("code"), valid_from=VALID_FROM, defaults=fields)


def load_triage_rules(apps: Any, valid_from: date = VALID_FROM) -> None:
    """The ordered rules from answers to case type."""
    triage_rule = apps.get_model("referrals", "TriageRule")
    _check_triage_rules(apps)
    for row in rows(FOLDER, "triage_rules.csv"):
        triage_rule.objects.get_or_create(
            position=int(row["position"]),
            valid_from=valid_from,
            defaults={
                "code": row["code"],
                "secondary": row["secondary"].split(),
                "only_adds": row["only_adds"] == "yes",
                "condition": parse_condition(row["condition"]),
                "deadlines": row["deadlines"].split(),
                "sentence": row["sentence"],
                "ask": row["ask"],
                "source": row["source"],
            },
        )


def _check_triage_rules(apps: Any) -> None:
    """Raises `BadTable` where the file is no whole table: a gap, an overlap, a word nobody knows."""
    codes = set(apps.get_model("providers", "CaseType").objects.values_list("code", flat=True))
    places = apps.get_model("providers", "OfferPlace").objects.values_list("case_type", flat=True)
    rules = [
        Rule(
            "Triage rule",
            int(row["position"]),
            parse_condition(row["condition"]),
            VALID_FROM,
            codes=(row["code"], *row["secondary"].split()),
            only_adds=row["only_adds"] == "yes",
        )
        for row in rows(FOLDER, "triage_rules.csv")
    ]
    types = [KnownType(code, VALID_FROM) for code in codes]
    # Whether the providers of an order take part is a matter of the day, not of the file.
    steps = [Step(code, 1, "", is_active=True, valid_from=VALID_FROM) for code in set(places)]
    if faults := triage_faults(rules, types, steps, VALID_FROM):
        raise BadTable(faults)


def _check_urgency_rules() -> None:
    """Raises `BadTable` where the file is no whole table."""
    table = rows(FOLDER, "urgency_rules.csv")
    rules = [Rule("Urgency row", int(row["position"]), parse_condition(row["condition"]), VALID_FROM) for row in table]
    if faults := urgency_faults(rules, VALID_FROM):
        raise BadTable(faults)


def load_urgency_rules(apps: Any) -> None:
    """The ordered rows from answers to the tier."""
    urgency_rule = apps.get_model("referrals", "UrgencyRule")
    _check_urgency_rules()
    for row in rows(FOLDER, "urgency_rules.csv"):
        fields: dict[str, Any] = {**row, "tier": int(row["tier"]), "condition": parse_condition(row["condition"])}
        urgency_rule.objects.get_or_create(position=int(fields.pop("position")), valid_from=VALID_FROM, defaults=fields)


def load_contact_rules(apps: Any) -> None:
    """How people held at a place can be reached, where nobody has entered it yet."""
    facility = apps.get_model("referrals", "Facility")
    for row in rows(FOLDER, "facility_contacts.csv"):
        fields = {**row, **{name: {"yes": True, "no": False}.get(row[name]) for name in _YES_NO_COLUMNS}}
        facility.objects.filter(code=fields.pop("code"), phone="", legal_calls="", mail="").update(**fields)
    partner = apps.get_model("referrals", "ReferralPartner")
    if not partner.objects.filter(helps_outside_city=True).exists():
        partner.objects.filter(code=HELPS_OUTSIDE_CITY).update(helps_outside_city=True)


def load_law(apps: Any) -> None:
    """Facilities, ZIP codes, income lines, partners."""
    _load_places(apps)
    income_line = apps.get_model("referrals", "IncomeLine")
    for row in rows(FOLDER, "income_lines.csv"):
        income_line.objects.get_or_create(
            valid_from=date.fromisoformat(row["valid_from"]),
            defaults={
                "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                "first_person": int(row["first_person"]),
                "each_additional": int(row["each_additional"]),
                "percent": int(row["percent"]),
                "source": row["source"],
            },
        )


def load_facilities(apps: Any) -> None:
    """Where people are held."""
    facility = apps.get_model("referrals", "Facility")
    for row in rows(FOLDER, "facilities.csv"):
        fields = {**row, "circuit": int(row["circuit"])}
        facility.objects.get_or_create(code=fields.pop("code"), valid_from=VALID_FROM, defaults=fields)


def _load_places(apps: Any) -> None:
    """Facilities, ZIP codes and partners: rows keyed by one code, the columns named like the fields."""
    load_facilities(apps)
    partner = apps.get_model("referrals", "ReferralPartner")
    for row in rows(FOLDER, "partners.csv"):
        partner.objects.get_or_create(code=row.pop("code"), valid_from=VALID_FROM, defaults=row)
    load_zip_codes(apps)


def load_zip_codes(apps: Any) -> None:
    """What a home ZIP says; "unknown" stands for boxes and businesses, where a ZIP says nothing of a home."""
    zip_code = apps.get_model("referrals", "ResidencyZip")
    for row in rows(FOLDER, "zip_codes.csv"):
        zip_code.objects.get_or_create(
            zip_code=row.pop("zip_code"), valid_from=VALID_FROM, defaults={**row, "source": ZIP_SOURCE}
        )
