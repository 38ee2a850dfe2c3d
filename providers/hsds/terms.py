"""The two taxonomies of the directory: LIST (legal problems) and the fund's own case types."""

from typing import Any
from uuid import UUID, uuid5

from providers.models import CaseType

# Ids are made from what a thing is called, never from a row's number: they stay the same in every installation.
NAMESPACE = UUID("6f1c6a0e-2f0f-5c9e-9d57-3b1f6b6a3d11")

LIST_TAXONOMY, OWN_TAXONOMY = "LIST", "case-types"
TAXONOMIES: dict[str, tuple[str, str]] = {
    LIST_TAXONOMY: (
        "LIST",
        "Legal Issues Taxonomy (NSMIv2) of the Stanford Legal Design Lab: kinds of legal need.",
    ),
    OWN_TAXONOMY: ("Case types of the fund", "The kinds of case by which the fund offers cases to programs."),
}
# The codes of LIST that case types name, in this project's words.
LIST_TERMS = {
    "FA": "Family",
    "IM-01": "Removal and deportation",
    "IM-02": "Immigration detention",
    "IM-03": "Public benefits for immigrants",
    "IM-04": "Immigration status and work permits",
    "IM-05": "Asylum",
    "IM-07": "Sponsoring a relative",
    "IM-11": "Undocumented residents",
    "IM-12": "Immigrants who are victims of violence",
    "RI-16": "Human trafficking",
}


def id_of(kind: str, *names: str) -> str:
    """The UUID (version 5) of a thing of this kind by its names."""
    return str(uuid5(NAMESPACE, "/".join((kind, *names))))


def list_codes(row: CaseType) -> list[str]:
    """The LIST codes of a case type; "other" is none of them."""
    return [code for code in row.list_code.replace("+", " ").split() if code in LIST_TERMS]


def taxonomy(key: str) -> dict[str, Any]:
    name, description = TAXONOMIES[key]
    return {"id": id_of("taxonomy", key), "name": name, "description": description}


def list_term(code: str) -> dict[str, Any]:
    return _term(LIST_TAXONOMY, code, LIST_TERMS[code], f"LIST {code}: {LIST_TERMS[code]}.")


def case_type_term(row: CaseType) -> dict[str, Any]:
    return _term(OWN_TAXONOMY, row.code, row.plain_name, row.meaning)


def _term(key: str, code: str, name: str, description: str) -> dict[str, Any]:
    return {
        "id": id_of("taxonomy_term", key, code),
        "code": code,
        "name": name,
        "description": description,
        "taxonomy": TAXONOMIES[key][0],
        "taxonomy_id": id_of("taxonomy", key),
        "language": "en",
    }
