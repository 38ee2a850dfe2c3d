"""Why a case went where it went, what would change that, and why it waits behind others: sentences, never names."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from referrals.explanations import AHEAD, CHANGES, SENTENCES, UNCHANGING, Standing, standing, what_would_change
from referrals.matching import CaseProfile, Verdict, WaitingCase, in_line, reasons_in_line

NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)


def candidate(verdict: Verdict, provider: str = "AHR", **changes: Any) -> dict[str, Any]:
    base = {"program": 1, "provider": provider, "kind": "detained_full", "free": 9, "limited": False}
    return base | {"verdict": str(verdict)} | changes


def test_every_verdict_has_its_sentence_and_is_either_changing_or_not() -> None:
    assert set(SENTENCES) == set(Verdict)
    assert set(CHANGES) | UNCHANGING == set(Verdict)
    assert not set(CHANGES) & UNCHANGING


@pytest.mark.parametrize(
    ("verdict", "free", "sentence"),
    [
        (Verdict.NO_ROOM, 2, "AHR (detained full) would take it with 4 more points."),
        (Verdict.NO_ROOM, 5, "AHR (detained full) would take it with 1 more point."),
        (Verdict.LANGUAGE, 9, "AHR (detained full) would take it if it served Somali."),
        (Verdict.LANGUAGE, 5, "AHR (detained full) would take it if it served Somali and had 1 more point."),
        (Verdict.PAUSED, 0, "AHR (detained full) would take it if its pause ended and had 6 more points."),
        (Verdict.MINORS, 9, "AHR (detained full) would take it if it took people under 18."),
        (
            Verdict.FOR_OTHERS,
            6,
            "AHR (detained full) would take it with room for one more: the 6 points free go to other waiting cases.",
        ),
    ],
)
def test_what_a_provider_lacks_to_take_it(verdict: Verdict, free: int, sentence: str) -> None:
    assert what_would_change([candidate(verdict, free=free)], 6, "Somali") == sentence


@pytest.mark.parametrize("verdict", [Verdict.DECLINED_CONFLICT, Verdict.DECLINED_SCOPE, Verdict.HANDED_ON])
def test_who_has_said_no_for_good_is_passed_and_no_conflict_shows(verdict: Verdict) -> None:
    said = what_would_change([candidate(verdict), candidate(Verdict.NO_ROOM, "ILCM", free=0)], 6, "Somali")
    assert said == "ILCM (detained full) would take it with 6 more points."
    assert what_would_change([candidate(verdict)], 6, "Somali") == ""


def test_only_who_comes_before_the_one_asked_would_change_anything() -> None:
    full, asked = candidate(Verdict.NO_ROOM, free=0), candidate(Verdict.CHOSEN, "ILCM")
    assert what_would_change([asked, full], 6, "Somali") == ""
    assert what_would_change([full, asked], 6, "Somali").startswith("AHR (detained full) would take it")


def test_a_step_without_a_provider_changes_nothing() -> None:
    assert what_would_change([candidate(Verdict.INACTIVE, "")], 6, "Somali") == ""


def waiting(number: int, *, urgency: int = 1, is_minor: bool | None = None, **changes: Any) -> WaitingCase:
    profile = CaseProfile("DET-HAB", points=6, urgency=urgency, language="es", is_minor=is_minor, now=NOW)
    given: dict[str, Any] = {"safe_by": NOW + timedelta(hours=9), "is_held": True, "in_minnesota": False, "since": NOW}
    return WaitingCase(id=UUID(int=number), case=profile, **given | changes)


def test_who_is_before_it_is_counted_by_the_reason_that_decided() -> None:
    own = waiting(1)
    others = [
        waiting(2, urgency=0),
        waiting(3, urgency=0, safe_by=None),
        waiting(4, safe_by=NOW + timedelta(hours=1)),
        waiting(5, in_minnesota=True),
        waiting(6, is_minor=True),
        waiting(7, since=NOW - timedelta(hours=1)),
        waiting(8, safe_by=None),
        waiting(9, is_held=False),
    ]
    line = in_line([own, *others], seed=1)
    assert standing(line, own.id) == Standing(
        place=7,
        of=9,
        before=[
            "2 of a more urgent tier",
            "1 of the same tier with an earlier date",
            "1 of a person still in Minnesota",
            "1 of a person under 18",
            "1 waiting longer",
        ],
    )
    assert standing(line, UUID(int=99)) is None


def test_a_lottery_is_called_a_lottery() -> None:
    line = in_line([waiting(1), waiting(2)], seed=1)
    told = standing(line, line[1].id)
    assert told is not None
    assert told.before == ["1 drawn before it by lot"]


def test_there_is_a_phrase_for_each_part_of_a_place_in_line() -> None:
    assert len(AHEAD) == len(reasons_in_line(waiting(1)))
