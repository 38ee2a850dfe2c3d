"""What windows and networks do to a request: nothing is mixed, nothing sent twice, no more lost than one page."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from intake.models import Draft
from intake.questions import PAGES
from referrals.models import Case
from tests.intake.family import SHOWN, STORY, Family, code_on, text
from tests.services.threads import close_connections

pytestmark = pytest.mark.django_db

AT_ONCE = 10


def hidden(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    return page.split(f'name="{name}" value="')[1].partition('"')[0]


@pytest.mark.django_db(transaction=True)
def test_ten_sends_at_once_make_one_case() -> None:
    assert connection.vendor == "postgresql", "SQLite hides races: run this suite on PostgreSQL"
    family, together = Family(), Barrier(AT_ONCE)
    family.begin()
    family.answer_all()
    revision = hidden(text(family.get("check/")), "revision")

    def send(_number: int) -> str:
        client = Client()
        client.cookies = family.client.cookies
        together.wait(timeout=30)
        try:
            return client.post("/en/check/", {"revision": revision})["Location"]
        finally:
            close_connections()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        went = list(pool.map(send, range(AT_ONCE)))

    assert sorted(went) == ["/en/sent/", *["/en/sent/?again"] * (AT_ONCE - 1)]
    assert Case.objects.count() == 1


def test_a_connection_lost_at_any_page_loses_no_more_than_its_answers() -> None:
    family = Family()
    code = family.begin()

    for page in SHOWN:
        # Whatever the last browser still showed is gone; another one goes on with the code.
        family = Family()
        assert family.post("status/", {"code": code})["Location"] == f"/en/ask/{page}/"
        family.answer(page)

    check = text(family.get("check/"))
    for page in SHOWN:
        assert f'href="/en/ask/{page}/"' in check
    family.send()
    assert Case.objects.count() == 1


@pytest.mark.parametrize("page", SHOWN)
def test_an_answer_whose_saving_fails_leaves_the_earlier_ones(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    family = Family()
    family.begin()
    for earlier in SHOWN[: SHOWN.index(page)]:
        family.answer(earlier)
    before = bytes(Draft.objects.get().sealed)

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise ConnectionError("the database went away")

    with monkeypatch.context() as broken:
        broken.setattr("intake.drafts.OpenDraft.seal", fail)
        with pytest.raises(ConnectionError):
            family.answer(page)

    assert bytes(Draft.objects.get().sealed) == before
    assert family.get(f"ask/{page}/").status_code == 200


def test_a_page_of_the_request_before_is_not_kept_in_the_new_one() -> None:
    family = Family()
    family.begin()
    for page in list(STORY)[:3]:
        family.answer(page)
    first = next(iter(STORY))
    old_page = hidden(text(family.get(f"ask/{first}/")), "saved_at")
    family.post("before/")
    new_code = code_on(family.get("code/"))

    sent_late = family.post(f"ask/{first}/", STORY[first] | {"saved_at": old_page})

    assert "another window" in text(sent_late)
    elsewhere = Family()
    assert elsewhere.post("status/", {"code": new_code})["Location"] == f"/en/ask/{PAGES[0].name}/"


def test_answers_read_over_in_one_request_do_not_send_another() -> None:
    family = Family()
    family.begin()
    family.answer_all()
    read_over = hidden(text(family.get("check/")), "revision")
    family.post("before/")
    family.answer_all()

    answer = family.post("check/", {"revision": read_over})

    assert "Nothing was sent" in text(answer)
    assert not Case.objects.exists()
