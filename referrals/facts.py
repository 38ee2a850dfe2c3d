"""The answers that decide but do not name anybody: what triage, urgency and eligibility read.

Sealed as the `facts` document; a case keeps only the verdicts in columns. Every fact may be unknown.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Self

from django.db import models


class Taken(models.TextChoices):
    JUST_NOW = "just_now", "In the last three days"
    EARLIER = "earlier", "More than three days ago"
    NO = "no", "Not taken"
    UNKNOWN = "unknown", "Not known"


class Entry(models.TextChoices):
    ADMITTED = "admitted", "A visa or an officer let them in"
    UNINSPECTED = "uninspected", "Nobody let them in"
    UNKNOWN = "unknown", "Not known"


class Paper(models.TextChoices):
    NOTICE_TO_APPEAR = "nta", "Notice to appear (I-862)"
    HEARING_NOTICE = "hearing_notice", "Court hearing notice"
    EXPEDITED = "expedited", "Expedited removal (I-860, I-867)"
    REINSTATEMENT = "reinstatement", "Reinstatement of an old order (I-871)"
    ADMINISTRATIVE = "administrative", "Administrative removal (I-851)"
    FINAL_ORDER = "final_order", "Order of removal, supervision or check-in (I-205)"
    CUSTODY = "custody", "Custody notice (I-286)"
    REFUGEE_LETTER = "refugee_letter", "Letter for an interview about refugee or asylum status"


class YesNo(models.TextChoices):
    YES = "yes", "Yes"
    NO = "no", "No"
    UNKNOWN = "unknown", "Not known"


class TakenWhere(models.TextChoices):
    HOME = "home", "At home"
    WORK = "work", "At work"
    STREET = "street", "In the street or in a car"
    COURT = "court", "At a court"
    CHECK_IN = "check_in", "At a check-in with ICE"
    JAIL = "jail", "From a jail"
    UNKNOWN = "unknown", "Not known"


class PlaceSource(models.TextChoices):
    """How the family knows where somebody is."""

    THEY_CALLED = "they_called", "They called, or were seen"
    LOCATOR = "locator", "The ICE locator or an office"
    SOMEONE = "someone", "Somebody said so"
    UNKNOWN = "unknown", "Not known for sure"


class TimeHere(models.TextChoices):
    """How long since the last arrival: two years and one year are lines the law draws, ten years another."""

    UNDER_1 = "under_1", "Less than a year"
    UNDER_2 = "under_2", "One to two years"
    OVER_2 = "over_2", "Two to ten years"
    OVER_10 = "over_10", "More than ten years"
    UNKNOWN = "unknown", "Not known"


class DateKind(models.TextChoices):
    """What the next date is."""

    COURT = "court", "Court date"
    INTERVIEW = "interview", "Interview"
    CHECK_IN = "check_in", "Check-in with ICE"
    OTHER = "other", "Something else, such as another court"
    UNKNOWN = "unknown", "Not known"


class Signed(models.TextChoices):
    TODAY = "today", "Yes, today"
    EARLIER = "earlier", "Yes, earlier"
    NO = "no", "No"
    UNKNOWN = "unknown", "Not known"


class PastOrder(models.TextChoices):
    NEVER_LEFT = "never_left", "Ordered to leave, and never left"
    MISSED_COURT = "missed_court", "Missed a court date"
    CAME_BACK = "came_back", "Deported before, and came back"


class Decision(models.TextChoices):
    """Who decided in the last thirty days."""

    JUDGE = "judge", "An immigration judge"
    BOARD = "board", "The appeals board (BIA)"
    NONE = "none", "Nobody"
    UNKNOWN = "unknown", "Not known"


class Harm(models.TextChoices):
    CRIME = "crime", "A crime"
    ABUSE = "abuse", "Abuse at home"
    TRAFFICKING = "trafficking", "Forced work or forced sex"


class Pending(models.TextChoices):
    """What was asked of the immigration office and is not answered yet."""

    VICTIM = "victim", "U, T or VAWA"
    ASYLUM = "asylum", "Asylum"
    GREEN_CARD = "green_card", "Green card"


class Need(models.TextChoices):
    """Who cannot wait in a cell."""

    MEDICAL = "medical", "Medicine, illness or disability"
    PREGNANT = "pregnant", "Pregnant"
    CAREGIVER = "caregiver", "Cares alone for a child or a sick person"


class Wish(models.TextChoices):
    """What somebody who is free wants help with."""

    PREPARE = "prepare", "Prepare the family"
    ASYLUM = "asylum", "Asylum"
    WORK_PERMIT = "work_permit", "Work permit"
    TPS = "tps", "TPS"
    DACA = "daca", "DACA"
    FAMILY = "family", "Papers through family"
    CITIZENSHIP = "citizenship", "Citizenship"
    RECORDS = "records", "Copies of records"
    CHARGE = "charge", "A criminal charge"
    CIVIL = "civil", "Rent, wages, a car, custody of a child"
    INFORMATION = "information", "Only information, no lawyer"
    UNKNOWN = "unknown", "Not known"


# Answers to "where are they now" that are not the code of a facility.
PLACE_UNKNOWN = "unknown"
PLACE_LOCAL_JAIL = "local_jail"
PLACE_OTHER_STATE = "other_state"
PLACE_FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One case's answers, without identity.

    `place` is a `Facility.code` or one of the `PLACE_…` words. `taken_at` is approximate: without `taken_hour_known`
    noon of the day, or the moment it was told. `monthly_income` is the top of the chosen band in whole US dollars
    (None: not known); `household` counts people. `hearing_on` is the next date of any kind, `date_kind` what it is.
    `claim`: may be a citizen, by birth or a parent, or hold a green card. `flight`: to be flown out or moved today or
    tomorrow.
    """

    taken: Taken = Taken.UNKNOWN
    taken_at: datetime | None = None
    taken_hour_known: bool = True
    taken_where: TakenWhere = TakenWhere.UNKNOWN
    place: str = PLACE_UNKNOWN
    place_source: PlaceSource = PlaceSource.UNKNOWN
    entry: Entry = Entry.UNKNOWN
    time_here: TimeHere = TimeHere.UNKNOWN
    claim: YesNo = YesNo.UNKNOWN
    papers: tuple[Paper, ...] = ()
    flight: YesNo = YesNo.UNKNOWN
    hearing_on: date | None = None
    date_kind: DateKind = DateKind.UNKNOWN
    signed: Signed = Signed.UNKNOWN
    afraid: YesNo = YesNo.UNKNOWN
    orders: tuple[PastOrder, ...] = ()
    decision: Decision = Decision.UNKNOWN
    criminal: YesNo = YesNo.UNKNOWN
    harm: tuple[Harm, ...] = ()
    pending: tuple[Pending, ...] = ()
    is_minor: bool | None = None
    has_parent: YesNo = YesNo.UNKNOWN
    needs: tuple[Need, ...] = ()
    has_lawyer: YesNo = YesNo.UNKNOWN
    wish: Wish = Wish.UNKNOWN
    zip_code: str = ""
    in_city: YesNo = YesNo.UNKNOWN
    household: int | None = None
    monthly_income: int | None = None
    income_is_over: bool = False

    def to_payload(self) -> dict[str, Any]:
        """A JSON-ready dict for sealing; `from_payload` gives an equal `Facts` back."""
        payload = asdict(self)
        for name, value in payload.items():
            if isinstance(value, tuple):
                payload[name] = [str(one) for one in value]
            elif isinstance(value, date):
                payload[name] = value.isoformat()
            elif isinstance(value, str):
                payload[name] = str(value)
        return payload

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Self:
        """The facts a sealed `facts` document holds; a question that is younger than the document counts as unknown."""
        return cls(**{name: _READ.get(name, _as_is)(value) for name, value in payload.items()})


def _as_is(value: Any) -> Any:
    return value


def _each(kind: Callable[[str], Any]) -> Callable[[Iterable[str]], tuple[Any, ...]]:
    return lambda values: tuple(kind(value) for value in values)


def _if_any(read: Callable[[str], Any]) -> Callable[[str | None], Any]:
    return lambda value: read(value) if value else None


# The choice that each coded fact is made of, one or several; the admin's rules and the staff form read it too.
CHOSEN: dict[str, type[models.TextChoices]] = {
    "taken": Taken,
    "taken_where": TakenWhere,
    "place_source": PlaceSource,
    "entry": Entry,
    "time_here": TimeHere,
    "claim": YesNo,
    "papers": Paper,
    "flight": YesNo,
    "date_kind": DateKind,
    "signed": Signed,
    "afraid": YesNo,
    "orders": PastOrder,
    "decision": Decision,
    "criminal": YesNo,
    "harm": Harm,
    "pending": Pending,
    "has_parent": YesNo,
    "needs": Need,
    "has_lawyer": YesNo,
    "wish": Wish,
    "in_city": YesNo,
}
# Those with any number of answers, none among them.
SEVERAL = frozenset({"papers", "orders", "harm", "pending", "needs"})
# How each field is read back from JSON; those not named here are JSON's own kinds.
_READ: dict[str, Callable[[Any], Any]] = {
    name: _each(kind) if name in SEVERAL else kind for name, kind in CHOSEN.items()
} | {"taken_at": _if_any(datetime.fromisoformat), "hearing_on": _if_any(date.fromisoformat)}
