"""An unlocked session: half of it in the server's row, half in the browser's cookie, and neither for long."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import unlocked
from privacy.hpke import PrivateKey
from privacy.unlocked import AT_MOST, IDLE_FOR, Locked

NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)
ME = "member 7"
KEY = PrivateKey.generate()


@pytest.fixture
def session() -> dict[str, Any]:
    return {}


@pytest.fixture
def cookie(session: dict[str, Any]) -> str:
    return unlocked.put(session, holder=ME, private=KEY, now=NOW)


def is_open(session: dict[str, Any], cookie: str, now: datetime = NOW, holder: str = ME) -> bool:
    try:
        return unlocked.take(session, cookie, holder=holder, now=now).public() == KEY.public()
    except Locked:
        return False


def test_session_and_cookie_together_open(session: dict[str, Any], cookie: str) -> None:
    assert is_open(session, cookie)


def test_the_sessions_row_alone_opens_nothing(session: dict[str, Any], cookie: str) -> None:
    assert not is_open(session, "")
    assert KEY.serialize() not in base64.b64decode(session["vault"]["sealed"])
    assert cookie not in str(session)


def test_the_cookie_alone_opens_nothing(cookie: str) -> None:
    assert not is_open({}, cookie)


def test_the_cookie_of_another_session_opens_nothing(session: dict[str, Any], cookie: str) -> None:
    other: dict[str, Any] = {}
    theirs = unlocked.put(other, holder=ME, private=KEY, now=NOW)

    assert not is_open(session, theirs)
    assert not is_open(other, cookie)


def test_another_member_opens_nothing_with_it(session: dict[str, Any], cookie: str) -> None:
    assert not is_open(session, cookie, holder="member 8")


def test_each_unlocking_has_a_cookie_of_its_own(session: dict[str, Any], cookie: str) -> None:
    again = unlocked.put(session, holder=ME, private=KEY, now=NOW)

    assert again != cookie
    assert is_open(session, again)
    assert not is_open(session, cookie)


@given(st.text(max_size=60))
def test_a_made_up_cookie_locks_and_breaks_nothing(made_up: str) -> None:
    session: dict[str, Any] = {}
    cookie = unlocked.put(session, holder=ME, private=KEY, now=NOW)

    assert is_open(session, made_up) is (made_up == cookie)


@given(st.data())
def test_a_session_row_with_a_changed_bit_opens_nothing(data: st.DataObject) -> None:
    session: dict[str, Any] = {}
    cookie = unlocked.put(session, holder=ME, private=KEY, now=NOW)
    sealed = bytearray(base64.b64decode(session["vault"]["sealed"]))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[place // 8] ^= 1 << place % 8
    session["vault"]["sealed"] = base64.b64encode(bytes(sealed)).decode()

    assert not is_open(session, cookie)


@pytest.mark.parametrize(
    ("idle", "still_open"), [(timedelta(0), True), (IDLE_FOR, True), (IDLE_FOR + timedelta(seconds=1), False)]
)
def test_thirty_idle_minutes_end_it(session: dict[str, Any], cookie: str, idle: timedelta, still_open: bool) -> None:
    assert timedelta(minutes=30) == IDLE_FOR
    assert is_open(session, cookie, NOW + idle) is still_open


def test_using_it_keeps_it_open_and_eight_hours_end_it_all_the_same(session: dict[str, Any], cookie: str) -> None:
    assert timedelta(hours=8) == AT_MOST
    opened = [is_open(session, cookie, NOW + timedelta(minutes=20 * step)) for step in range(1, 25)]

    assert all(opened)
    assert not is_open(session, cookie, NOW + AT_MOST + timedelta(seconds=1))


def test_past_its_time_nothing_is_left_in_the_session(session: dict[str, Any], cookie: str) -> None:
    is_open(session, cookie, NOW + timedelta(hours=1))

    assert session == {}
    assert not is_open(session, cookie, NOW)


def test_a_clock_set_back_does_not_lengthen_it(session: dict[str, Any], cookie: str) -> None:
    assert not is_open(session, cookie, NOW - timedelta(hours=1))


def test_locking_leaves_nothing(session: dict[str, Any], cookie: str) -> None:
    unlocked.wipe(session)

    assert session == {}
    assert not is_open(session, cookie)


def test_the_row_is_not_written_at_every_use(session: dict[str, Any], cookie: str) -> None:
    before = session["vault"]
    is_open(session, cookie, NOW + timedelta(seconds=59))
    unchanged = session["vault"]
    is_open(session, cookie, NOW + timedelta(seconds=61))

    assert unchanged is before
    assert session["vault"]["used"] == (NOW + timedelta(seconds=61)).timestamp()


def test_it_says_when_it_will_lock(session: dict[str, Any], cookie: str) -> None:
    for step in range(1, 24):
        is_open(session, cookie, NOW + timedelta(minutes=20 * step))
    last = NOW + timedelta(minutes=460)

    assert unlocked.ends_at(session, last) == NOW + AT_MOST
    assert unlocked.ends_at(session, NOW + AT_MOST + timedelta(minutes=1)) is None
    assert unlocked.ends_at({}, NOW) is None


def test_fresh_it_says_thirty_minutes(session: dict[str, Any], cookie: str) -> None:
    assert unlocked.ends_at(session, NOW) == NOW + IDLE_FOR
