"""The second factor: set up, asked for at sign-in, counted; recovery codes."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.http import HttpRequest, HttpResponse
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from accounts.second_factor import has_second_factor, passed_second_factor, second_factor_first
from tests.accounts.signing_in import (
    NOON,
    PASSWORD,
    SET_UP,
    SIGN_IN,
    code_of,
    give_password,
    is_signed_in,
    recovery_codes,
    request_of,
    set_up_app,
)
from tests.factories import member, with_second_factor

pytestmark = pytest.mark.django_db
# Setting up is counted as proof once it is committed.
committing = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def coordinator() -> User:
    return member(Role.COORDINATOR, password=PASSWORD)


@pytest.fixture
def clocked_cache(settings: Any) -> None:
    """A cache that forgets by the test's clock: Redis does not travel in time."""
    locmem = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": uuid4().hex}
    settings.CACHES = {"default": locmem}


@second_factor_first
def tiny_vault(request: HttpRequest) -> HttpResponse:
    return HttpResponse("inside")


@committing
def test_an_app_is_set_up_without_scripts_by_picture_or_by_typing_and_counts_at_once(
    client: Client, coordinator: User
) -> None:
    give_password(client, coordinator)
    page = client.get(SET_UP).content.decode()

    _secret, answer = set_up_app(client)

    assert '<path d="M' in page
    assert "data:" not in page
    assert "<script" not in page
    assert re.search(r">([A-Z2-7]{4} ){7}[A-Z2-7]{4}<", page)
    assert answer.headers["Location"] == "/staff/second-factor/recovery-codes/"
    assert has_second_factor(coordinator)
    assert passed_second_factor(request_of(client, coordinator))


@committing
def test_the_way_back_is_kept_through_setting_up(client: Client, coordinator: User) -> None:
    give_password(client, coordinator)
    wanted = tiny_vault(request_of(client, coordinator)).headers["Location"]
    overview = client.get(wanted).content.decode()
    link = re.search(rf'href="({SET_UP}[^"]*)"', overview)
    assert link

    _secret, answer = set_up_app(client, link[1])
    codes = client.get(answer.headers["Location"]).content.decode()

    assert 'href="/staff/vault/unlock/?next=/staff/cases/"' in codes


def test_a_page_elsewhere_is_no_way_back(client: Client, coordinator: User) -> None:
    give_password(client, coordinator)

    page = client.get("/staff/second-factor/?next=https://evil.example/").content.decode()

    assert "evil.example" not in page


def test_a_wrong_first_code_sets_nothing_up_and_the_key_stays_the_same(client: Client, coordinator: User) -> None:
    give_password(client, coordinator)
    before = re.findall(r"<code[^>]*>([^<]+)", client.get(SET_UP).content.decode())

    refused = client.post(SET_UP, {"code": "000000"})
    again = re.findall(r"<code[^>]*>([^<]+)", client.get(SET_UP).content.decode())

    assert "This is not the code." in refused.content.decode()
    assert not has_second_factor(coordinator)
    assert before == again == re.findall(r"<code[^>]*>([^<]+)", refused.content.decode())


def test_an_old_session_sets_nothing_up_without_the_password(client: Client, coordinator: User, clock: Any) -> None:
    give_password(client, coordinator)
    clock.shift(timedelta(minutes=6))

    asked = client.get(SET_UP)
    wrong = client.post(asked.headers["Location"], {"password": "not this one"})
    right = client.post(asked.headers["Location"], {"password": PASSWORD})

    assert asked.headers["Location"].startswith("/staff/confirm/?next=")
    assert (wrong.status_code, right.status_code) == (200, 302)
    assert client.get(right.headers["Location"]).status_code == 200


def test_who_has_a_factor_is_not_in_before_it_is_proved(client: Client, coordinator: User) -> None:
    secret = with_second_factor(coordinator)

    asked = give_password(client, coordinator)
    was_in = is_signed_in(client)
    answer = client.post(SIGN_IN, {"code": code_of(secret)})

    assert asked.headers["Location"] == SIGN_IN
    assert not was_in
    assert is_signed_in(client)
    assert answer.headers["Location"] == "/staff/cases/"
    assert passed_second_factor(request_of(client, coordinator))


def test_every_sign_in_asks_anew(client: Client, coordinator: User) -> None:
    secret = with_second_factor(coordinator)
    give_password(client, coordinator)
    client.post(SIGN_IN, {"code": code_of(secret)})
    client.post("/staff/sign-out/")

    give_password(client, coordinator)

    assert not is_signed_in(client)


@pytest.mark.parametrize(("steps", "opens"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_taken_half_a_minute_early_or_late_and_no_more(
    client: Client, coordinator: User, steps: int, opens: bool
) -> None:
    secret = with_second_factor(coordinator)
    give_password(client, coordinator)

    client.post(SIGN_IN, {"code": code_of(secret, steps=steps)})

    assert is_signed_in(client) == opens


@pytest.mark.parametrize("later", [0, 29, 31, 59])
def test_a_code_seen_over_a_shoulder_opens_nothing_while_it_still_lives(
    client: Client, coordinator: User, clock: Any, clocked_cache: None, later: int
) -> None:
    secret = with_second_factor(coordinator)
    code = code_of(secret, steps=1)
    give_password(client, coordinator)
    client.post(SIGN_IN, {"code": code})
    clock.shift(timedelta(seconds=later))
    thief = Client()
    give_password(thief, coordinator)

    refused = thief.post(SIGN_IN, {"code": f" {code[:3]} {code[3:]} "})

    assert "This code has been used." in refused.content.decode()
    assert not is_signed_in(thief)


@committing
def test_the_code_that_set_an_app_up_does_not_sign_in(client: Client, coordinator: User) -> None:
    give_password(client, coordinator)
    secret, _answer = set_up_app(client)
    thief = Client()
    give_password(thief, coordinator)

    thief.post(SIGN_IN, {"code": code_of(secret)})

    assert not is_signed_in(thief)


def test_guessing_codes_is_stopped_even_for_the_right_one(client: Client, coordinator: User) -> None:
    secret = with_second_factor(coordinator)
    give_password(client, coordinator)
    wrong = [client.post(SIGN_IN, {"code": f"00000{guess}"}).content.decode() for guess in range(5)]

    late = client.post(SIGN_IN, {"code": code_of(secret)})

    assert all("This is not the code." in page for page in wrong)
    assert "Too many failed login attempts" in late.content.decode()
    assert not is_signed_in(client)


def test_using_one_code_over_and_over_gives_no_new_guesses(
    client: Client, coordinator: User, clock: Any, clocked_cache: None
) -> None:
    secret = with_second_factor(coordinator)
    used = code_of(secret, steps=1)
    give_password(client, coordinator)
    client.post(SIGN_IN, {"code": used})
    # allauth forgets a used code after half a minute.
    clock.shift(timedelta(seconds=31))
    thief = Client()
    give_password(thief, coordinator)
    for guess in range(4):
        thief.post(SIGN_IN, {"code": f"00000{guess}"})

    thief.post(SIGN_IN, {"code": used})
    late = thief.post(SIGN_IN, {"code": code_of(secret, steps=1)})

    assert "Too many failed login attempts" in late.content.decode()
    assert not is_signed_in(thief)


def test_the_page_of_the_second_question_needs_the_first_answer(client: Client) -> None:
    assert client.get(SIGN_IN).headers["Location"] == "/staff/sign-in/"


@committing
def test_recovery_codes_are_shown_once(client: Client, coordinator: User) -> None:
    give_password(client, coordinator)
    set_up_app(client)

    first, second = recovery_codes(client), recovery_codes(client)

    assert (len(set(first)), second) == (10, [])
    assert "10 of 10 are unused" in client.get("/staff/second-factor/recovery-codes/").content.decode()


@committing
def test_a_recovery_code_signs_in_once(client: Client, coordinator: User) -> None:
    give_password(client, coordinator)
    set_up_app(client)
    code = recovery_codes(client)[3]
    first, second = Client(), Client()

    for browser in (first, second):
        give_password(browser, coordinator)
        browser.post(SIGN_IN, {"code": code})

    assert is_signed_in(first)
    assert not is_signed_in(second)
    assert passed_second_factor(request_of(first, coordinator))


@committing
def test_new_recovery_codes_end_the_old_ones(client: Client, coordinator: User) -> None:
    give_password(client, coordinator)
    set_up_app(client)
    old = recovery_codes(client)

    client.post("/staff/second-factor/recovery-codes/new/")
    new = recovery_codes(client)

    assert len(new) == 10
    assert not set(old) & set(new)
