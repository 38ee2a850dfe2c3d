"""Two relatives on one case: what one changes, asks or takes back is their own, and the other reads nothing of it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from accounts.models import User
from accounts.roles import Actor, Role
from intake.merging import CannotBeJoined
from intake.tasks import merge_all_corrections
from notifications.models import Contact
from privacy import return_codes
from privacy.models import DocumentKind, ReturnCode
from privacy.vault import latest
from referrals.actions import mark_duplicate
from referrals.actions.callbacks import ask_to_call_family
from referrals.models import Case, CaseEvent, State, TaskKind
from tests import factories
from tests.intake.family import Family, text
from tests.intake.test_corrections import correct
from tests.intake.two_requests import join, two
from tests.services.threads import close_connections

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> Actor:
    user: User = factories.member(Role.COORDINATOR)
    return user.membership.actor()


def back_with(code: str) -> Family:
    """A browser in which the code was typed."""
    family = Family()
    family.post("status/", {"code": code})
    return family


def brought_together(by: Actor, *, by_hand: bool) -> tuple[Case, Family, Family]:
    """The case that goes on, the mother of it and the aunt who asked later."""
    older, newer, old_code, new_code = two()
    if by_hand:
        mark_duplicate(case=newer, duplicate_of=older, by=by)
    else:
        join(older, newer, by)
    older.refresh_from_db()
    return older, back_with(old_code), back_with(new_code)


@pytest.mark.parametrize("by_hand", [False, True])
def test_taking_back_ends_ones_own_part_and_the_last_one_ends_the_case(by: Actor, by_hand: bool) -> None:
    case, mother, aunt = brought_together(by, by_hand=by_hand)
    before = text(mother.get("status/yours/"))

    aunt.post("status/yours/back/")

    case.refresh_from_db()
    assert case.is_open
    assert "This request was taken back" in text(aunt.get("status/yours/"))
    assert "change/" not in text(aunt.get("status/yours/"))
    assert text(mother.get("status/yours/")) == before
    assert case.tasks.filter(kind=TaskKind.CONSENT, done_at=None).exists()

    mother.post("status/yours/back/")

    case.refresh_from_db()
    assert case.state == State.WITHDRAWN


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_new_number_of_one_is_not_laid_over_the_others(by: Actor, by_hand: bool) -> None:
    case, _mother, aunt = brought_together(by, by_hand=by_hand)
    mothers = Contact.objects.filter(case_id=case.pk).earliest("created_at")

    correct(aunt, "reach", may_text="no", may_call="yes", hours="day", text_language="en")
    merge_all_corrections()

    mothers.refresh_from_db()
    assert mothers.may_text


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_one_asked_is_not_shown_to_the_other(by: Actor, by_hand: bool) -> None:
    case, mother, aunt = brought_together(by, by_hand=by_hand)

    for family in (aunt, mother):
        family.post("status/yours/data/", {"what": "delete"})

    assert "delete your data." not in text(mother.get("status/yours/"))
    # The coordinator reads that both asked.
    asked = CaseEvent.objects.filter(case=case, kind="data_asked").values_list("detail", flat=True)
    assert len({detail["contact"] for detail in asked}) == 2


def test_codes_are_named_after_people_and_not_after_a_correction(by: Actor) -> None:
    older, newer, old_code, _new_code = two()
    correct(back_with(old_code), "contact", phone="612-555-0166", shared="nobody")

    with pytest.raises(CannotBeJoined):
        join(older, newer, by)
    merge_all_corrections()
    join(older, newer, by)

    people = set(Contact.objects.filter(case_id=older.pk).values_list("pk", flat=True))
    assert set(ReturnCode.objects.filter(case_id=older.pk).values_list("contact_id", flat=True)) == people
    assert {one.subject for one in latest(older.pk, DocumentKind.CONTACT)} == people
    assert older.tasks.filter(kind=TaskKind.NEW_ANSWERS, done_at=None).exists()
    assert return_codes.several_people_have_codes(older.pk)


def test_a_text_that_fails_after_the_join_is_called_about_on_the_case_that_goes_on(by: Actor) -> None:
    older, newer, *_codes = two()
    join(older, newer, by)

    ask_to_call_family(case_id=newer.pk, now=factories.OFFICE_HOURS)

    assert older.tasks.filter(kind=TaskKind.CALL_FAMILY, done_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_take_back_at_once_end_the_case() -> None:
    user: User = factories.member(Role.COORDINATOR)
    case, *families = brought_together(user.membership.actor(), by_hand=False)
    together = Barrier(2)

    def take_back(family: Family) -> None:
        together.wait(timeout=30)
        try:
            family.post("status/yours/back/")
        finally:
            close_connections()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take_back, families))

    case.refresh_from_db()
    assert case.state == State.WITHDRAWN
