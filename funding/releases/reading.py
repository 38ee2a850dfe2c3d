"""The book of a quarter, read from the case log and the journal: what no earlier release counted."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import QuerySet

from funding.models import Account, AgreementPrice, CostType, Disbursement, JournalLine, PaidLine, StagePrice
from funding.quarters import CHICAGO, Quarter
from funding.releases.book import Book, Closed, Left, Opened, Paid, Placed
from funding.releases.layout import LANGUAGES, OTHER, PARTS
from referrals.models import Case, CaseEvent

ENDINGS = ("screen_out", "withdraw", "mark_duplicate", "lose_contact")
GROUPS = {
    "released": ("bond_granted", "habeas_release", "parole"),
    "relief": ("relief_granted", "terminated"),
    "ordered": ("removed", "voluntary_departure", "order_of_removal"),
    "helped": ("advice", "brief", "limited", "full"),
    "elsewhere": ("transferred_away", "private_counsel", "declined_by_client"),
}
GROUP_OF = {outcome: group for group, outcomes in GROUPS.items() for outcome in outcomes}
STAGES = {
    "release": ("locate", "bond", "habeas"),
    "hearings": ("fear interview", "merits prep", "merits hearing", "appeal", "motion to reopen", "U certification"),
    "advice": ("advice", "preparedness"),
}
PURPOSE_OF = {stage: purpose for purpose, stages in STAGES.items() for stage in stages}


def read_book(quarter: Quarter, counted: Collection[str] = ()) -> Book:
    """Everything up to the quarter's last day (America/Chicago) but the facts with the ids `counted`.

    What was recorded late is in it, so that each fact is counted once. A case is a person.
    """
    end = datetime.combine(quarter.last_day + timedelta(days=1), time(), CHICAGO)
    done = frozenset(counted)
    log = CaseEvent.objects.filter(at__lt=end)
    opened, placed, left, waiting_before = _steps(end, log, done)
    return Book(
        closed=[one for one in _closed(log) if one.fact not in done],
        paid=[one for one in _paid(quarter.last_day) if one.fact not in done],
        opened=opened,
        placed=placed,
        left=left,
        waiting_before=waiting_before,
        prices=_prices(),
        had_by=_holders(log),
    )


def _holders(log: QuerySet[CaseEvent]) -> dict[str, set[str]]:
    """The cases that each provider ever accepted."""
    found: dict[str, set[str]] = {}
    for case, detail in log.filter(kind="accept").values_list("case_id", "detail"):
        found.setdefault(detail["provider"], set()).add(str(case))
    return found


def _closed(log: QuerySet[CaseEvent]) -> Iterable[Closed]:
    """Each case as it was closed first, of the provider that had accepted it last."""
    holder: dict[str, str] = {}
    closed: set[str] = set()
    events = log.filter(kind__in=["accept", "close"]).order_by("case_id", "sequence")
    for case, kind, detail in events.values_list("case_id", "kind", "detail"):
        person = str(case)
        if kind == "accept":
            holder[person] = detail["provider"]
        elif person in holder and person not in closed:
            closed.add(person)
            yield Closed(f"closed {person}", person, holder[person], GROUP_OF[detail["outcome"]])


def _steps(
    end: datetime, log: QuerySet[CaseEvent], done: frozenset[str]
) -> tuple[list[Opened], list[Placed], list[Left], frozenset[str]]:
    """What became of each request first: placed, or ended without a provider; and who waited when the quarter began.

    One that ended, was counted so and came back is not counted again when it is placed.
    """
    accepted: dict[str, tuple[str, datetime]] = {}
    ended: dict[str, bool] = {}
    events = log.filter(kind__in=["accept", "reopen", *ENDINGS]).order_by("case_id", "sequence")
    for case, kind, at, detail in events.values_list("case_id", "kind", "at", "detail"):
        if kind == "accept":
            accepted.setdefault(str(case), (detail["provider"], at))
        ended[str(case)] = kind in ENDINGS
    opened, placed, left = [], [], []
    # By what was counted, not by what is in the log now: so many the release before said.
    waiting = _people(done, "opened") - _people(done, "placed") - _people(done, "left")
    cases = Case.objects.filter(opened_at__lt=end).order_by("opened_at", "id")
    for case, at, part, language in cases.values_list("id", "opened_at", "part_of_city", "language"):
        person = str(case)
        if f"opened {person}" not in done:
            place, spoken = (part if part in PARTS else OTHER), (language if language in LANGUAGES else OTHER)
            opened.append(Opened(f"opened {person}", person, place, spoken))
        if f"placed {person}" in done or f"left {person}" in done:
            continue
        if person in accepted:
            provider, when = accepted[person]
            placed.append(Placed(f"placed {person}", person, provider, (when - at).total_seconds() / 3600))
        elif ended.get(person):
            left.append(Left(f"left {person}", person))
    return opened, placed, left, waiting


def _people(counted: Collection[str], kind: str) -> frozenset[str]:
    return frozenset(fact.removeprefix(f"{kind} ") for fact in counted if fact.startswith(f"{kind} "))


def _paid(last_day: date) -> Iterable[Paid]:
    """Each posting of an expense, by funder; what came back is a posting of its own, below zero."""
    expenses = JournalLine.objects.filter(
        account__in=[Account.PROGRAM_EXPENSE, Account.ADMIN_EXPENSE], entry__posted_on__lte=last_day
    )
    sums: defaultdict[tuple[UUID, str, str], int] = defaultdict(int)
    rows = expenses.order_by("entry__posted_on", "entry_id", "id").values_list(
        "entry_id", "entry__reverses_id", "cost_type", "grant__funder__slug", "debit_cents", "credit_cents"
    )
    of_entry: dict[UUID, UUID] = {}
    for entry, reverses, cost_type, funder, debit, credit in rows:
        of_entry[entry] = reverses or entry
        sums[entry, cost_type, funder] += debit - credit
    # After the postings: each of them is paid for something by now.
    payments = _commitments()
    for (entry, cost_type, funder), cents in sums.items():
        fact = f"paid {entry} {cost_type} {funder}"
        if cost_type == CostType.ADMIN:
            yield Paid(fact, "", "", funder, "running", cents)
            continue
        case, provider, stage = payments[of_entry[entry]]
        purpose = "costs" if cost_type == CostType.DIRECT else PURPOSE_OF[stage]
        yield Paid(fact, case, provider, funder, purpose, cents)


def _commitments() -> dict[UUID, tuple[str, str, str]]:
    """Case, provider and stage that each posting paid for."""
    found = {}
    for model, path in ((PaidLine, "line__commitment"), (Disbursement, "commitment")):
        names = [f"{path}__{name}" for name in ("case_id", "provider__code", "stage")]
        for entry, case, provider, stage in model.objects.values_list("entry_id", *names):
            found[entry] = str(case), provider, stage
    return found


def _prices() -> dict[str, frozenset[int]]:
    """Every price that the fund's list or an agreement ever had, by purpose."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for model in (StagePrice, AgreementPrice):
        for stage, cents in model.objects.values_list("stage", "cents"):
            if cents and stage in PURPOSE_OF:
                found[PURPOSE_OF[stage]].add(cents)
    return {purpose: frozenset(prices) for purpose, prices in found.items()}
