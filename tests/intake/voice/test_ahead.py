"""Codes made before they are needed: one for each caller, and none waits for it while it holds a phone."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from intake.voice import ahead, answers
from privacy import return_codes
from tests.intake.voice.phone import up_to

WANTED = 3


@pytest.fixture
def makers(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the threads that made a code."""
    names: list[str] = []
    make = return_codes.make

    def noted() -> return_codes.NewCode:
        names.append(threading.current_thread().name)
        return make()

    monkeypatch.setattr(return_codes, "make", noted)
    settings.RETURN_CODES_AHEAD = WANTED
    ahead._ready.clear()
    yield names
    settings.RETURN_CODES_AHEAD = 0
    until_made()
    ahead._ready.clear()


def until_made() -> None:
    began = time.monotonic()
    while ahead._being_made:
        assert time.monotonic() < began + 10, "nobody makes codes"
        time.sleep(0.01)


def test_so_many_are_ready_and_one_that_is_taken_is_made_anew(makers: list[str]) -> None:
    ahead.fill()
    ahead.fill()
    until_made()
    assert len(ahead._ready) == WANTED

    taken = [ahead.take() for _time in range(WANTED)]
    until_made()

    assert len({one.code for one in taken}) == WANTED
    assert all(one.keys == return_codes.derive(one.code) for one in taken)
    assert len(ahead._ready) == WANTED
    assert not {one.code for one in taken} & {one.code for one in ahead._ready}
    assert all(name.startswith("new-codes") for name in makers)


def test_where_none_is_ready_it_is_made_at_once(makers: list[str]) -> None:
    made = ahead.take()

    assert return_codes.parse(made.code) == made.code
    assert makers[0] == threading.current_thread().name


def test_what_fails_ahead_is_made_when_it_is_needed(makers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    working = return_codes.make

    def broken() -> return_codes.NewCode:
        raise MemoryError("64 MiB")

    monkeypatch.setattr(return_codes, "make", broken)
    ahead.fill()
    until_made()
    monkeypatch.setattr(return_codes, "make", working)

    assert not ahead._ready
    assert ahead.take().code


def test_where_no_thread_can_make_any_a_caller_has_a_code_all_the_same(
    makers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = ThreadPoolExecutor(max_workers=1)
    ended.shutdown()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(ahead, "_POOL", ended)
        ahead.fill()
        assert ahead.take().code
        assert ahead._being_made == 0

    ahead.fill()
    until_made()
    assert len(ahead._ready) == WANTED


@pytest.mark.django_db
def test_who_agrees_waits_for_no_code(makers: list[str]) -> None:
    phone = up_to("consent")
    until_made()
    makers.clear()
    phone.press("1")

    assert len(phone.code()) == 13
    assert threading.current_thread().name not in makers
    phone.press("1").press("1")
    assert up_to("code").press(phone.code()).step == "status"


@pytest.mark.django_db
def test_nobody_waits_for_a_case_while_its_second_code_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    phone = up_to("end")
    done: list[str] = []

    def noted(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def worked(*args: Any) -> Any:
            done.append(name)
            return work(*args)

        return worked

    for owner, name in ((answers, "lock_case"), (ahead, "take")):
        monkeypatch.setattr(owner, name, noted(name, getattr(owner, name)))

    assert len(phone.press("1").code()) == 13
    assert done == ["take", "lock_case"]
