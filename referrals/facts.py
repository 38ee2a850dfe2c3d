"""The answers that decide but do not name anybody: what triage, urgency and eligibility read.

Sealed as the `facts` document; a case keeps only the verdicts in columns. Every fact may be unknown.
"""

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


# Answers to "where are they now" that are not the code of a facility.
PLACE_UNKNOWN = "unknown"
PLACE_LOCAL_JAIL = "local_jail"
PLACE_OTHER_STATE = "other_state"
PLACE_FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One case's answers, without identity.

    `place` is a `Facility.code` or one of the `PLACE_…` words. `taken_at` is approximate. `monthly_income` is the
    top of the chosen band in whole US dollars (None: not known); `household` counts people.
    """

    taken: Taken = Taken.UNKNOWN
    taken_at: datetime | None = None
    place: str = PLACE_UNKNOWN
    entry: Entry = Entry.UNKNOWN
    papers: tuple[Paper, ...] = ()
    hearing_on: date | None = None
    zip_code: str = ""
    household: int | None = None
    monthly_income: int | None = None
    income_is_over: bool = False
    is_minor: bool | None = None

    def to_payload(self) -> dict[str, Any]:
        """A JSON-ready dict for sealing; `from_payload` gives an equal `Facts` back."""
        payload = asdict(self)
        payload["papers"] = [str(paper) for paper in self.papers]
        payload["taken_at"] = self.taken_at.isoformat() if self.taken_at else None
        payload["hearing_on"] = self.hearing_on.isoformat() if self.hearing_on else None
        return payload

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Self:
        """The facts a sealed `facts` document holds."""
        return cls(
            taken=Taken(payload["taken"]),
            taken_at=datetime.fromisoformat(payload["taken_at"]) if payload["taken_at"] else None,
            place=payload["place"],
            entry=Entry(payload["entry"]),
            papers=tuple(Paper(paper) for paper in payload["papers"]),
            hearing_on=date.fromisoformat(payload["hearing_on"]) if payload["hearing_on"] else None,
            zip_code=payload["zip_code"],
            household=payload["household"],
            monthly_income=payload["monthly_income"],
            income_is_over=payload["income_is_over"],
            is_minor=payload["is_minor"],
        )
