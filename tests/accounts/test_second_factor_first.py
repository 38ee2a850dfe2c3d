"""The second factor in front of the vault, and what happens when the last one is taken off."""

from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from accounts.models import User
from accounts.roles import Role
from accounts.second_factor import has_second_factor, passed_second_factor, second_factor_first
from privacy import unlocked
from tests.accounts.signing_in import (
    NOON,
    PASSWORD,
    SIGN_IN,
    code_of,
    give_password,
    request_of,
)
from tests.factories import client_of, member, with_passkey, with_second_factor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def coordinator() -> User:
    return member(Role.COORDINATOR, password=PASSWORD)


@second_factor_first
def tiny_vault(request: HttpRequest) -> HttpResponse:
    return HttpResponse("inside")


def test_without_a_factor_the_vault_sends_to_set_one_up(coordinator: User) -> None:
    signed_in = client_of(coordinator, unlocked=False)

    answer = tiny_vault(request_of(signed_in, coordinator))

    assert answer.headers["Location"].startswith("/staff/second-factor/?next=%2Fstaff%2Fvault%2Funlock%2F")


def test_a_session_that_has_not_proved_the_factor_is_asked_to(client: Client, coordinator: User) -> None:
    secret = with_second_factor(coordinator)
    client.force_login(coordinator)

    asked = tiny_vault(request_of(client, coordinator)).headers["Location"]
    back = client.post(asked, {"code": code_of(secret)}).headers["Location"]

    assert asked.startswith("/staff/second-factor/confirm/?next=")
    assert back == "/staff/vault/unlock/?next=/staff/cases/"
    assert tiny_vault(request_of(client, coordinator)).status_code == 200


def test_who_has_only_a_passkey_is_asked_for_it(client: Client, coordinator: User) -> None:
    with_passkey(coordinator)
    client.force_login(coordinator)

    asked = tiny_vault(request_of(client, coordinator)).headers["Location"]

    assert asked.startswith("/staff/second-factor/passkeys/confirm/?next=")
    assert "Use my passkey" in client.get(asked).content.decode()


def test_another_members_proof_does_not_count(coordinator: User) -> None:
    other = member(Role.COORDINATOR)
    with_second_factor(other)
    session_of_one = client_of(coordinator)

    assert passed_second_factor(request_of(session_of_one, coordinator))
    assert not passed_second_factor(request_of(session_of_one, other))


def test_a_factor_taken_off_by_the_operator_is_no_proof_any_more(coordinator: User) -> None:
    signed_in = client_of(coordinator)

    Authenticator.objects.filter(user=coordinator).delete()

    assert not passed_second_factor(request_of(signed_in, coordinator))


def test_a_stranger_is_sent_to_sign_in() -> None:
    request = RequestFactory().get("/staff/vault/unlock/")
    request.session, request.user = Client().session, AnonymousUser()

    assert tiny_vault(request).headers["Location"] == "/staff/sign-in/?next=/staff/vault/unlock/"


def test_the_password_alone_takes_no_factor_off(client: Client, coordinator: User) -> None:
    secret = with_second_factor(coordinator)
    give_password(client, coordinator)
    client.post(SIGN_IN, {"code": code_of(secret)})

    asked = client.post("/staff/second-factor/app/remove/")
    by_password = client.post("/staff/confirm/", {"password": PASSWORD})

    assert asked.headers["Location"].startswith("/staff/second-factor/confirm/?next=")
    assert by_password.headers["Location"].startswith("/staff/second-factor/confirm/")
    assert has_second_factor(coordinator)


def test_taking_the_last_factor_off_locks_the_vault(coordinator: User) -> None:
    signed_in = client_of(coordinator)
    page = "/staff/second-factor/app/remove/"
    was_open = unlocked.ends_at(signed_in.session, NOON)

    asked = signed_in.get(page)
    signed_in.post(asked.headers["Location"], {"code": code_of(with_second_factor(coordinator))})
    signed_in.post(page)

    assert was_open is not None
    assert not Authenticator.objects.filter(user=coordinator).exists()
    assert unlocked.ends_at(signed_in.session, NOON) is None
