"""Signing in and out, and what strangers are told."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from accounts.roles import Role
from tests.factories import client_of, member

pytestmark = pytest.mark.django_db
PASSWORD = "a passphrase of a test"


@pytest.fixture
def coordinator() -> User:
    user = member(Role.COORDINATOR)
    user.set_password(PASSWORD)
    user.save()
    return user


def test_a_member_signs_in_by_address_and_password_and_lands_on_the_staff_page(
    client: Client, coordinator: User
) -> None:
    response = client.post("/staff/sign-in/", {"login": coordinator.email.upper(), "password": PASSWORD})

    assert (response.status_code, response.headers["Location"]) == (302, "/staff/")
    assert client.session.get_expire_at_browser_close()


@pytest.mark.parametrize("address", ["nobody@example.org", "member"])
def test_a_wrong_sign_in_says_the_same_whether_the_account_exists(
    client: Client, coordinator: User, address: str
) -> None:
    address = coordinator.email if address == "member" else address

    response = client.post("/staff/sign-in/", {"login": address, "password": "wrong wrong wrong"})

    page = response.content.decode()
    assert response.status_code == 200
    assert "The email address and/or password you specified are not correct." in page
    assert "wrong wrong wrong" not in page
    assert f'value="{address}"' in page


def test_guessing_passwords_is_stopped(client: Client, coordinator: User) -> None:
    for _guess in range(5):
        client.post("/staff/sign-in/", {"login": coordinator.email, "password": "a wrong passphrase"})

    response = client.post("/staff/sign-in/", {"login": coordinator.email, "password": PASSWORD})

    assert response.status_code in (200, 429)
    assert "_auth_user_id" not in client.session


def test_a_closed_account_does_not_open(client: Client, coordinator: User) -> None:
    coordinator.is_active = False
    coordinator.save()

    client.post("/staff/sign-in/", {"login": coordinator.email, "password": PASSWORD})

    assert "_auth_user_id" not in client.session


def test_signing_out_takes_a_form_not_a_link() -> None:
    signed_in = client_of(member(Role.FUNDER))

    asked = signed_in.get("/staff/sign-out/")
    still_in = "_auth_user_id" in signed_in.session
    done = signed_in.post("/staff/sign-out/")

    assert asked.status_code == 200
    assert still_in
    assert done.headers["Location"] == "/staff/sign-in/"
    assert "_auth_user_id" not in signed_in.session


def test_nobody_signs_up_alone(client: Client) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")
    assert client.get("/staff/signup/").status_code == 404


def test_a_forgotten_password_is_set_by_the_link_in_the_mail(client: Client, coordinator: User) -> None:
    asked = client.post("/staff/password/reset/", {"email": coordinator.email})
    link = next(word for word in mail.outbox[0].body.split() if "/staff/password/reset/" in word)
    form = client.get(link, follow=True)
    changed = client.post(
        form.redirect_chain[-1][0],
        {"password1": "another passphrase of a test", "password2": "another passphrase of a test"},
    )

    assert asked.headers["Location"] == "/staff/password/reset/sent/"
    assert changed.headers["Location"] == "/staff/password/reset/done/"
    coordinator.refresh_from_db()
    assert coordinator.check_password("another passphrase of a test")
    assert client.get(link, follow=True).content.count(b"This link no longer works") == 1


def test_asking_for_a_stranger_says_the_same_and_mails_nobody(client: Client) -> None:
    asked = client.post("/staff/password/reset/", {"email": "nobody@example.org"})

    assert asked.headers["Location"] == "/staff/password/reset/sent/"
    assert not mail.outbox


def test_a_short_password_is_refused(client: Client, coordinator: User) -> None:
    client.force_login(coordinator)

    response = client.post(
        "/staff/password/change/", {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    )

    assert response.status_code == 200
    assert b"at least 15 characters" in response.content


def test_who_has_no_password_yet_is_led_to_the_mail_that_gives_one(client: Client, coordinator: User) -> None:
    coordinator.set_unusable_password()
    coordinator.save()
    client.force_login(coordinator)

    response = client.get("/staff/password/change/", follow=True)

    assert response.redirect_chain[-1][0] == "/staff/password/reset/"
