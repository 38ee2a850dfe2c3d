"""Providers and programs in the shapes of HSDS 3.1: a provider is an organization, a program is a service.

Only what is public. Room is published once a night, in steps (`PUBLISHED_STEP`): figures that moved with each case
would tell whoever watches them when a person was taken, and by the points what for (docs/adr/0020).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from providers.days import day_of
from providers.hsds.schedules import BUSINESS_DAYS, clock, stretches
from providers.hsds.terms import LIST_TERMS, case_type_term, id_of, list_codes, list_term
from providers.models import CaseType, OfferPlace, Program, ProgramKind, Provider

VERSION = "3.1"
UNIT = {
    "id": id_of("unit", "point"),
    "name": "Point",
    "scheme": "The fund's case points",
    "identifier": "point",
}
ELIGIBILITY = {
    ProgramKind.DETAINED_FULL: "People held by ICE who lived in Minneapolis when they were taken.",
    ProgramKind.DETAINED_LIMITED: "People held by ICE who lived in Minneapolis; help with a part of the case.",
    ProgramKind.NONDETAINED: "People who live in Minneapolis and are not held.",
}
HOW_TO_ASK = "Through the fund's intake, in the family's language; the fund asks the program that has room."


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything that is published, read in a fixed number of queries."""

    programs: list[Program]
    case_types: dict[str, CaseType]
    # The codes of the case types a program is in the offer order of, by the program's key.
    taken: dict[int, list[str]]
    now: datetime

    @classmethod
    def read(cls, now: datetime) -> "Directory":
        today = day_of(now)
        places = OfferPlace.objects.on(today).filter(program__isnull=False).order_by("case_type")
        taken: dict[int, list[str]] = {}
        for program_id, code in places.values_list("program_id", "case_type"):
            codes = taken.setdefault(program_id or 0, [])
            if code not in codes:
                codes.append(code)
        programs = Program.objects.select_related("provider__organization").prefetch_related("closures")
        return cls(
            list(programs.order_by("provider__code", "kind")),
            {row.code: row for row in CaseType.objects.on(today)},
            taken,
            now,
        )

    @property
    def providers(self) -> list[Provider]:
        return list({program.provider_id: program.provider for program in self.programs}.values())

    def organizations(self, *, full: bool) -> list[dict[str, Any]]:
        return [nested_organization(one) if full else organization(one) for one in self.providers]

    def at_locations(self, *, full: bool) -> list[dict[str, Any]]:
        return [at_location(one, full=full) for one in self.programs]

    def terms(self) -> list[dict[str, Any]]:
        return [
            *(list_term(code) for code in LIST_TERMS),
            *(case_type_term(row) for _, row in sorted(self.case_types.items())),
        ]

    def has_term(self, program: Program, term_id: str) -> bool:
        """Whether the program is classified by this term."""
        return any(one["taxonomy_term_id"] == term_id for one in self._attributes(program))

    def service(self, program: Program) -> dict[str, Any]:
        """A service without what it has several of, as lists show it."""
        shown: dict[str, Any] = {
            "id": service_id(program),
            "organization_id": organization_id(program.provider),
            "name": f"{program.provider.name}: {program.get_kind_display().lower()}",
            "description": f"Legal help with immigration. {program.get_kind_display()}.",
            "status": self._status(program),
            "interpretation_services": "" if program.languages else "Any language, with an interpreter where needed.",
            "application_process": HOW_TO_ASK,
            "fees_description": "Free.",
            "eligibility_description": ELIGIBILITY[ProgramKind(program.kind)] + _where(program),
            "alert": self._alert(program),
            "last_modified": _instant(program.published_at) if program.published_at else "",
            "organization": organization(program.provider),
        }
        if not program.takes_minors:
            shown["minimum_age"] = 18
        return {name: value for name, value in shown.items() if value != ""}

    def nested_service(self, program: Program) -> dict[str, Any]:
        """A service with everything that belongs to it."""
        return self.service(program) | {
            "phones": phones(program.provider),
            "schedules": self._schedules(program),
            "languages": _languages(program),
            "capacities": self._capacities(program),
            "attributes": list(self._attributes(program)),
            "service_at_locations": [at_location(program, full=False)],
        }

    def _status(self, program: Program) -> str:
        if not program.provider.is_active:
            return "inactive"
        is_closed = program.is_paused(self.now) or program.closure_at(self.now)
        return "temporarily closed" if is_closed else "active"

    def _alert(self, program: Program) -> str:
        if program.is_paused(self.now):
            until = f" until {day_of(program.paused_until):%B %-d, %Y}" if program.paused_until else ""
            return f"Takes no new cases{until}."
        closure = program.closure_at(self.now)
        return f"Takes no new cases through {closure.last_day:%B %-d, %Y}: {closure.name}." if closure else ""

    def _schedules(self, program: Program) -> list[dict[str, Any]]:
        provider = program.provider
        closures = [(one.first_day, one.last_day) for one in program.closures.all()]
        return [
            {
                "id": id_of("schedule", provider.code, program.kind, stretch.first.isoformat()),
                "valid_from": stretch.first.isoformat(),
                "valid_to": stretch.last.isoformat(),
                "timezone": stretch.offset.total_seconds() / 3600,
                "freq": "WEEKLY",
                "byday": BUSINESS_DAYS,
                "opens_at": clock(provider.opens_at, stretch.offset),
                "closes_at": clock(provider.closes_at, stretch.offset),
                "description": "Not on federal holidays.",
            }
            for stretch in stretches(day_of(self.now), closures)
        ]

    def _capacities(self, program: Program) -> list[dict[str, Any]]:
        """The room of last night, in steps; none before the first night."""
        if program.published_at is None:
            return []
        is_open = self._status(program) == "active"
        return [
            {
                "id": id_of("service_capacity", program.provider.code, program.kind),
                "unit": UNIT,
                "available": min(program.published_free, program.ceiling) if is_open else 0,
                "maximum": program.ceiling,
                "description": "Room for new cases, in points: a case takes 1 to 8. Counted once a night, in steps.",
                "updated": _instant(program.published_at),
            }
        ]

    def _attributes(self, program: Program) -> Iterable[dict[str, Any]]:
        rows = [self.case_types[code] for code in self.taken.get(program.pk, []) if code in self.case_types]
        found = dict.fromkeys(code for row in rows for code in list_codes(row))
        for term in (*(list_term(code) for code in sorted(found)), *(case_type_term(row) for row in rows)):
            yield {
                "id": id_of("attribute", service_id(program), term["id"]),
                "link_id": service_id(program),
                "link_entity": "service",
                "link_type": "category",
                "taxonomy_term_id": term["id"],
                "taxonomy_term": term,
            }


def organization_id(provider: Provider) -> str:
    return id_of("organization", provider.code)


def service_id(program: Program) -> str:
    return id_of("service", program.provider.code, program.kind)


def organization(provider: Provider) -> dict[str, Any]:
    """An organization without what it has several of, as lists show it."""
    return {
        "id": organization_id(provider),
        "name": provider.name,
        "alternate_name": provider.code,
        "description": f"{provider.name} takes immigration cases of people who live in Minneapolis, free of charge.",
    }


def nested_organization(provider: Provider) -> dict[str, Any]:
    return organization(provider) | {"phones": phones(provider), "locations": [location(provider)]}


def phones(provider: Provider) -> list[dict[str, Any]]:
    """The client line, where the provider publishes one."""
    if not provider.public_phone:
        return []
    return [{"id": id_of("phone", provider.code), "number": provider.public_phone, "type": "voice"}]


def location(provider: Provider) -> dict[str, Any]:
    """No address is kept of providers: they are reached by telephone."""
    return {
        "id": id_of("location", provider.code),
        "location_type": "virtual",
        "organization_id": organization_id(provider),
        "name": f"{provider.name}, by telephone",
    }


def at_location(program: Program, *, full: bool) -> dict[str, Any]:
    provider = program.provider
    shown = {
        "id": id_of("service_at_location", provider.code, program.kind),
        "service_id": service_id(program),
        "location_id": id_of("location", provider.code),
        "location": location(provider),
    }
    return shown | {"phones": phones(provider)} if full else shown


def _where(program: Program) -> str:
    states = f" Only people held in {', '.join(program.us_states)}." if program.us_states else ""
    circuits = ", ".join(map(str, program.circuits))
    return states + (f" Only people held in the federal circuits {circuits}." if circuits else "")


def _languages(program: Program) -> list[dict[str, Any]]:
    names = dict(settings.LANGUAGES)
    return [
        {"id": id_of("language", service_id(program), code), "name": names.get(code, code), "code": code}
        for code in program.languages
    ]


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
