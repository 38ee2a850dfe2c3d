"""One webhook that comes several times at the same moment, as the carrier's retry and somebody's replay may."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import connection
from django.test import Client

from intake.models import PhoneCall
from intake.voice import calls
from privacy.models import ReturnCode
from referrals.models import Case
from tests.intake.voice.phone import START, Phone, up_to
from tests.services.threads import close_connections

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 8


def at_once(phone: Phone, address: str, count: int = AT_ONCE, **said: str) -> list[str]:
    """What each of `count` equal requests is answered."""
    together = Barrier(count)

    def post(_number: int) -> str:
        try:
            one = phone.copy()
            one.client = Client(raise_request_exception=False)
            together.wait(timeout=20)
            return one.post(address, **said).content.decode()
        finally:
            close_connections()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(post, range(count)))


def waiting(step: str) -> tuple[Phone, str]:
    """A call that waits at `step`, and where its next key goes."""
    phone = up_to(step)
    phone.works = False
    return phone, phone._gather.get("action", "")  # type: ignore[union-attr]


def test_a_call_that_begins_several_times_at_once_is_one() -> None:
    answers = at_once(Phone(), START)

    assert len(set(answers)) == 1
    assert PhoneCall.objects.count() == 1


def test_a_yes_that_comes_several_times_at_once_makes_one_code() -> None:
    phone, address = waiting("consent")

    answers = at_once(phone, address, Digits="1")

    assert len(set(answers)) == 1
    assert ReturnCode.objects.count() == 1


def test_a_first_answer_that_comes_several_times_at_once_opens_one_case() -> None:
    phone, address = waiting("taken")

    answers = at_once(phone, address, Digits="1")

    assert len(set(answers)) == 1
    assert Case.objects.count() == 1
    assert PhoneCall.objects.get().step == "place"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="every writer waits for every other there")
def test_without_the_lock_of_the_row_it_would_be_two(monkeypatch: pytest.MonkeyPatch) -> None:
    phone, address = waiting("taken")
    both_have_read = Barrier(2)

    def unlocked(heard: calls.Heard) -> PhoneCall | None:
        call = PhoneCall.objects.filter(sid_hash=calls.sid_hash(heard.sid)).first()
        with suppress(BrokenBarrierError):
            both_have_read.wait(timeout=10)
        return call

    monkeypatch.setattr(calls, "lock", unlocked)
    at_once(phone, address, count=2, Digits="1")

    assert Case.objects.count() == 2
