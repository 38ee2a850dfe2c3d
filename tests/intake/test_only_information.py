"""Triage rule 16: no legal need ends with advice, and nothing is kept."""

from typing import Any

import pytest
from django.conf import settings

from accounts.roles import SYSTEM
from intake.models import Draft
from privacy.models import DraftKey
from referrals.actions import record_facts
from referrals.facts import Facts, Taken, Wish
from referrals.models import Case
from tests import factories
from tests.intake.calling import Call
from tests.intake.family import Family, text
from tests.intake.test_advice import everything_in_redis
from tests.intake.test_gate import rows

pytestmark = pytest.mark.django_db

ONLY_INFORMATION: dict[str, dict[str, Any]] = {
    "taken": {"taken": "no"},
    "person": {"names": ""},
    "wish": {"wish": "information"},
    "entry": {"entry": "admitted"},
}


@pytest.mark.parametrize("language", ["en", "es", "so", "hmn"])
def test_who_only_wants_to_know_is_led_to_advice_and_nothing_of_them_is_kept(language: str) -> None:
    before, in_redis = rows(), kept_in_redis()
    family = Family(language)
    family.begin()
    family.answer_all(**ONLY_INFORMATION)
    assert f'href="/{language}/ask/wish/"' in text(family.get("check/"))

    response = family.send()

    assert response["Location"] == f"/{language}/advice/?deleted"
    assert rows() == before
    assert kept_in_redis() == in_redis
    assert {cookie.key for cookie in family.client.cookies.values() if cookie.value} == {settings.CSRF_COOKIE_NAME}
    assert 'role="status"' in text(family.get("advice/?deleted"))


def kept_in_redis() -> dict[bytes, bytes | None]:
    """What is there but the throttle's counters, whose names are a keyed hash of the caller and the hour."""
    return {key: value for key, value in everything_in_redis().items() if b"throttle:" not in key}


def test_the_code_opens_nothing_afterwards() -> None:
    family = Family()
    code = family.begin()
    family.answer_all(**ONLY_INFORMATION)
    family.send()

    response = Family().post("status/", {"code": code})

    assert response.status_code == 200
    assert not Draft.objects.exists()
    assert not DraftKey.objects.exists()


@pytest.mark.parametrize(
    "told",
    [
        {"afraid": {"afraid": "yes"}},
        {"harm": {"harm": ["crime"]}},
        {"orders": {"orders": ["never_left"]}},
        {"dates": {"hearing_day": "12/15/2026", "date_kind": "court"}},
        {"dates": {"hearing_day": "12/1/2026", "date_kind": "other"}},
    ],
)
def test_whoever_told_of_something_that_calls_for_a_lawyer_gets_a_case_all_the_same(told: dict[str, Any]) -> None:
    family = Family()
    family.begin()
    family.answer_all(**ONLY_INFORMATION | told)

    family.send()

    assert Case.objects.get().case_type != "INFO"


def test_answers_changed_in_another_window_are_not_destroyed() -> None:
    family = Family()
    family.begin()
    family.answer_all(**ONLY_INFORMATION)

    shown = text(family.post("check/", {"revision": "1"}))

    assert 'role="alert"' in shown
    assert Draft.objects.exists()


def test_on_the_phone_the_answers_are_destroyed_too() -> None:
    call = Call("es")
    call.begin()
    call.answer_all(taken="no", wish="information", entry="admitted", place="free")
    assert "Delete the answers" in text(call.get(f"{call.path}check/"))

    assert call.submit()["Location"] == "/es/advice/?deleted"

    assert not Case.objects.exists()
    assert not Draft.objects.exists()


def test_a_corrected_answer_never_ends_a_case_that_exists() -> None:

    case = factories.case()

    case = record_facts(case=case, facts=Facts(taken=Taken.NO, place="free", wish=Wish.INFORMATION), by=SYSTEM)

    assert case.is_open
    assert case.case_type == "PREP"
