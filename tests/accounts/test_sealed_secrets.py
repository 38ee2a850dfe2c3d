"""What is stored of a second factor: sealed, bound to its member, shown to nobody."""

import base64
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from accounts.second_factor import add_app, open_secret, seal_secret
from privacy.aead import Unreadable
from tests.accounts.signing_in import (
    NOON,
    PASSWORD,
    SET_UP,
    SIGN_IN,
    code_of,
    give_password,
    is_signed_in,
    recovery_codes,
    set_up_app,
)
from tests.factories import client_of, member, with_second_factor

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


@committing
def test_a_stored_secret_is_not_in_clear(client: Client, coordinator: User) -> None:
    give_password(client, coordinator)
    page = client.get(SET_UP).content.decode()
    kept_meanwhile = str(dict(client.session.items()))
    secret, _answer = set_up_app(client)
    codes = recovery_codes(client)

    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        stored = str(cursor.fetchall())
    sessions = str([kept.get_decoded() for kept in Session.objects.all()])

    assert secret[:4] in page
    for place in (stored, sessions, kept_meanwhile):
        assert secret not in place
        assert not any(code.replace(" ", "") in place for code in codes)
    assert "mfa.totp.secret" not in client.session


def test_a_sealed_secret_opens_for_its_member_only() -> None:
    sealed = seal_secret("JBSWY3DPEHPK3PXP", user_id=7)

    assert open_secret(sealed, user_id=7) == "JBSWY3DPEHPK3PXP"
    with pytest.raises(Unreadable):
        open_secret(sealed, user_id=8)


@pytest.mark.parametrize("planted", ["JBSWY3DPEHPK3PXP", "", "not base64 at all", "AAAA" * 20])
def test_a_planted_secret_is_an_error_and_never_used(planted: str) -> None:
    with pytest.raises(Unreadable):
        open_secret(planted, user_id=7)


def test_every_changed_byte_of_a_sealed_secret_is_an_error() -> None:
    sealed = base64.b64decode(seal_secret("JBSWY3DPEHPK3PXP", user_id=7))

    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(Unreadable):
            open_secret(base64.b64encode(changed).decode(), user_id=7)


def test_another_key_opens_nothing(settings: Any) -> None:
    sealed = seal_secret("JBSWY3DPEHPK3PXP", user_id=7)
    settings.SECOND_FACTOR_KEY = "another installation's key"

    with pytest.raises(Unreadable):
        open_secret(sealed, user_id=7)


def test_a_secret_moved_from_one_member_to_another_lets_nobody_in(client: Client, coordinator: User) -> None:
    thief = member(Role.COORDINATOR)
    moved = add_app(thief, "JBSWY3DPEHPK3PXP")
    with_second_factor(coordinator)
    Authenticator.objects.filter(user=coordinator).update(data=moved.data)
    give_password(client, coordinator)

    with pytest.raises(Unreadable):
        client.post(SIGN_IN, {"code": code_of("JBSWY3DPEHPK3PXP")})

    assert not is_signed_in(client)


def test_the_tables_show_who_has_a_factor_and_nothing_of_it() -> None:
    operator = client_of(member(Role.OPERATOR, is_staff=True, is_superuser=True))
    factor = add_app(member(Role.COORDINATOR), "JBSWY3DPEHPK3PXP")
    table = "/staff/admin/mfa/authenticator/"

    pages = [
        operator.get(table),
        operator.get(f"{table}{factor.pk}/change/"),
        operator.get(f"{table}{factor.pk}/delete/"),
    ]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert not any(factor.data["secret"] in page.content.decode() for page in pages)
    assert not any("secret" in page.content.decode() for page in pages)
    assert operator.get(f"{table}add/").status_code == 403
    assert operator.get(f"{table}?data__secret__startswith=A").status_code == 400


@committing
def test_the_operator_takes_a_lost_phone_off_and_the_old_recovery_codes_with_it(
    client: Client, coordinator: User
) -> None:
    operator = client_of(member(Role.OPERATOR, is_staff=True, is_superuser=True))
    give_password(client, coordinator)
    set_up_app(client)
    app = Authenticator.objects.get(user=coordinator, type=Authenticator.Type.TOTP)

    operator.post(f"/staff/admin/mfa/authenticator/{app.pk}/delete/", {"post": "yes"})

    assert not Authenticator.objects.filter(user=coordinator).exists()
