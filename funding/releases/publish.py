"""How much of a quarter is published: its tables, its margins or nothing, whichever passes the audit first. Pure."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from funding.releases.audit import Breach, Report, audit
from funding.releases.documents import Contents, Edition
from funding.releases.hide import Choice, Level, choose, margins
from funding.releases.hours import median_hours
from funding.releases.layout import ALL, Cell, editions_of
from funding.releases.rules import System

UNREADABLE = "a document cannot be read"


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of an edition in one format."""

    funder: str
    format: str
    content: bytes


# How an edition is drawn, and how one of its documents is read back.
Draw = Callable[[Edition], Sequence[Document]]
Read = Callable[[Document, Edition], Contents]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is published: the figures shown, and their documents; and the audits on the way, by level."""

    level: Level
    shown: Mapping[Cell, int]
    documents: Sequence[Document]
    audits: Sequence[tuple[Level, Report]]
    reasons: Sequence[str]


def decide(
    system: System,
    draw: Draw,
    read: Read,
    *,
    choosing_seconds: float,
    audit_seconds: float,
    names: Mapping[str, str] | None = None,
) -> Decision:
    """Choose what to hide, draw it, read it back and attack it; fall to margins and then to nothing.

    Each audit may take `audit_seconds`. `reasons` are kinds of breach, never figures. `names`: of providers, by code.
    """
    audits: list[tuple[Level, Report]] = []
    reasons: list[str] = []
    for choice in (choose(system, seconds=choosing_seconds), margins(system)):
        if any(choice.level == level for level, _ in audits):
            break
        if choice.reason:
            reasons.append(f"{Level.TABLES}: {choice.reason}")
        editions = _editions(system, choice, names or {})
        drawn = [(edition, document) for edition in editions for document in draw(edition)]
        report = _attack_what_is_drawn(system, drawn, read, audit_seconds)
        audits.append((choice.level, report))
        if report.is_clean:
            return Decision(choice.level, _shown(system, choice), [document for _, document in drawn], audits, reasons)
        reasons += [f"{choice.level}: {kind}" for kind in sorted({breach.kind for breach in report.breaches})]
    return Decision(Level.NOTHING, {}, (), audits, reasons)


def _shown(system: System, choice: Choice) -> dict[Cell, int]:
    return {cell: system.sheet.values[cell] for cell in system.sheet.published if cell not in choice.hidden}


def _editions(system: System, choice: Choice, names: Mapping[str, str]) -> list[Edition]:
    shown = _shown(system, choice)
    hours = median_hours(system.book.placed, is_count_shown=system.sheet.cell("steps", "placed", ALL) in shown)
    return [
        Edition(
            system.sheet.release, funder, choice.level, {cell: shown.get(cell) for cell in cells}, hours, dict(names)
        )
        for funder, cells in editions_of(system.sheet).items()
    ]


def _attack_what_is_drawn(
    system: System, drawn: Sequence[tuple[Edition, Document]], read: Read, seconds: float
) -> Report:
    by_edition: defaultdict[str, list[Mapping[Cell, int]]] = defaultdict(list)
    failed: list[Breach] = []
    for edition, document in drawn:
        try:
            contents = read(document, edition)
        except Exception:
            # Whatever is wrong with it: what cannot be read back is not published.
            failed.append(Breach(UNREADABLE, "anybody", None))
            continue
        if contents.median_hours != edition.median_hours:
            failed.append(Breach("another median", "anybody", None))
        by_edition[edition.funder].append(contents.shown)
    report = audit(system, by_edition, seconds=seconds)
    report.breaches += failed
    return report
