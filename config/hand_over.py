"""docs/what-we-could-hand-over.md: all that an order to the operator could yield, written from the field registry."""

from collections.abc import Iterator

from config.threats import THREATS, Threat
from privacy.published import Table, published_list
from privacy.registry import Level
from providers import seeds

INTRODUCTION = """# What we could hand over

Written by `manage.py what_we_could_hand_over` from the field registry (`privacy/registry.py`); `make check` fails when
it differs. Do not edit. `manage.py drill subpoena` exports everything the operator can read and compares it with this
page: a column that is not on it fails the drill.

## In plain words
Families tell us names, numbers and what happened. We seal that before it is kept. The keys belong to the legal-aid
hotline and to the lawyers' organization that takes the case, each locked with passphrases of their own people. Whoever
runs this system does not have them. So whoever orders the operator to hand over what it has gets:

- codes: which kind of case, where it stands, which organization was asked, and when each step was taken;
- what the clock needs of a case: the day somebody was taken, the place they are held, the part of the city;
- names and e-mail addresses of staff, and what each of them did, when;
- sealed bytes, which are noise without a key that the operator does not have;
- from the computer that sends texts, if the order reaches it: phone numbers and the deciding answers of cases that are
  not over. It has to read them to do its work. It also reads each new A-number once, to make the index that staff
  search by; then the key to that copy is destroyed. It cannot read names or files.

That is not nothing. A day, a place and a language can point to one person. It is why the rows below are few.

## What is not there
No name, A-number, birth date, phone number, address or ZIP code of a family in clear. No immigration status, visa,
citizenship or way of entry in any column. No account or e-mail address of a family. No internet address and no kind of
phone or browser, neither in a table nor in a log. No recording of a call. No passphrase, no return code. Once a case
has been over for the days its retention rule says, the keys to it are destroyed, in the backups too; then the sealed
bytes are noise to everybody, for good.

Outside the two databases: the queue (Redis) holds numbers of rows to work on, and counters of wrong codes under keys
that change every five minutes; log lines hold numbers of rows and, where something failed, the program's own
trace of it; backups hold what the databases held, and
older ones of the keys are thrown away after seven days; secrets of the installation open no sealed document.
"""

# What each level means to whoever reads the list.
MEANINGS: dict[Level, str] = {
    Level.P0: "Public: law, places, organizations. Anybody may know it.",
    Level.P1: "Operational: codes, numbers of rows, days and times. Readable: what an order would yield of a case.",
    Level.P2: "Contact of a family, in sealed bytes. Noise without a reader's key.",
    Level.P3: "Identity or story of a family, or a key to it, in sealed bytes. Noise without a reader's key.",
    Level.S: "Staff: names, addresses, what they did. Readable.",
}

# What somebody who knows the law reads out of each code, beyond its name.
IMPLIES: dict[str, str] = {
    "DET-LOC": "Somebody was taken and not yet found.",
    "DET-HAB": "Held, perhaps without a right to bond; it suggests entry without inspection.",
    "DET-BOND": "Held, with a right to ask for bond; it suggests being in the country for some time.",
    "DET-MED": "Held and ill, or held in bad conditions.",
    "DET-USC": "Held, and says they are a citizen or permanent resident, or a child of one.",
    "DET-OSUP": "Has an old order of removal, and reported to ICE.",
    "REM-DET": "Held, with a case in immigration court: the government says they may be removed.",
    "REM-ND": "Free, with a case in immigration court: the government says they may be removed.",
    "ER-CF": "Entered recently, and says they are afraid to return.",
    "RF-ADM": "Was removed before, or has a conviction, and says they are afraid to return.",
    "STAY": "Has a final order and may be removed within days.",
    "MTR": "Has an order of removal, perhaps for missing a hearing.",
    "BIA": "Lost in immigration court, or won and the government appealed.",
    "PFR": "Has a final order and asks a federal court to review it.",
    "ASY-AFF": "Says they are afraid to return; not in court yet.",
    "ASY-DEF": "Says they are afraid to return; in immigration court.",
    "CANC": "Has lived here for many years and has close relatives who are citizens or residents.",
    "UC-SIJ": "A child without a parent, perhaps abused or abandoned by one.",
    "U-VISA": "Was the victim of a crime and helps, or helped, the police.",
    "VAWA": "Was abused by a husband, wife, parent or grown child.",
    "T-VISA": "Was trafficked.",
    "REF-REV": "Came as a refugee.",
    "TPS": "Comes from one of the few countries with temporary protection.",
    "DACA": "Came as a child, without status.",
    "EAD": "Has an application that allows work, or wants to work legally.",
    "FAM": "Has a close relative who is a citizen or permanent resident.",
    "NATZ": "Is a permanent resident.",
    "CRIM": "Was charged with a crime or convicted.",
    "PREP": "Has children and is afraid of being taken.",
    "RECS": "Has a file with the government.",
    "CIV": "Has trouble with rent, wages or the like.",
}


def document() -> str:
    """The whole page, Markdown."""
    parts = [INTRODUCTION, *_levels(), "", *_tables(), *_case_types(), "", *_threats(), ""]
    return "\n".join(parts)


def seeded_case_types() -> list[tuple[str, str]]:
    """(code, plain name) of every case type the installation starts with, in the table's order."""
    return [(row["code"], row["plain_name"]) for row in seeds.rows(seeds.FOLDER, "case_types.csv")]


def _levels() -> Iterator[str]:
    yield "## The levels"
    yield "| level | what it means |"
    yield "|---|---|"
    for level, meaning in MEANINGS.items():
        yield f"| {level.name} | {meaning} |"


def _tables() -> Iterator[str]:
    names = {"default": "The main database", "keys": "The database of keys"}
    tables = published_list()
    for alias, name in names.items():
        yield f"## {name}, table by table"
        yield ""
        for table in tables:
            if table.alias == alias:
                yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.name}"
    if table.note:
        yield table.note
        yield ""
    for level in Level:
        if columns := table.of(level):
            yield f"- **{level.name}** {', '.join(f'`{column.name}`' for column in columns)}"
    for column in table.columns:
        if column.note:
            yield f"- `{column.name}`: {column.note}"
    yield ""


def _case_types() -> Iterator[str]:
    yield "## What a case-type code implies"
    yield "The codes say which law may help, and so, to somebody who knows the law, something about the person. We keep"
    yield "them because routing to a lawyer rests on them. This is what can be read out of each."
    yield ""
    yield "| code | name | implies |"
    yield "|---|---|---|"
    for code, name in seeded_case_types():
        yield f"| {code} | {name} | {IMPLIES[code]} |"


def _threats() -> Iterator[str]:
    yield "## Who could get at what"
    yield "| if this happens | they get, at most | they never get | proven by |"
    yield "|---|---|---|---|"
    for threat in THREATS:
        yield f"| {threat.name} | {threat.gets} | {threat.never} | {_proofs(threat)} |"


def _proofs(threat: Threat) -> str:
    return "<br>".join(f"`{proof}`" for proof in threat.proofs) or "no test can prove it"
