import re

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.test import Client

from accounts.demo import PASSWORD, SIGN_INS, VAULT_PASSPHRASE
from accounts.models import Membership, Organization, User
from accounts.policies import VAULT_KINDS
from accounts.roles import HOTLINE_ROLES, MEMBER_ROLES, PROVIDER_ROLES, Role
from accounts.second_factor import has_second_factor
from config.demo import seed_demo
from privacy import holders, vault
from privacy.models import SealedDocument

pytestmark = pytest.mark.django_db


def test_an_empty_database_gets_one_sign_in_for_each_role() -> None:
    assert seed_demo()
    assert set(Membership.objects.values_list("role", flat=True)) == {role.value for role in MEMBER_ROLES}
    assert all(authenticate(email=one.email, password=PASSWORD) for one in SIGN_INS)


def test_everybody_with_a_vault_has_a_second_factor_whose_code_the_handset_shows(client: Client) -> None:
    seed_demo()
    coordinator = next(one for one in SIGN_INS if one.role == Role.COORDINATOR)

    page = client.get("/handset/").content.decode()
    client.post("/staff/sign-in/", {"login": coordinator.email, "password": PASSWORD})
    code = re.search(r"handset__code\">(\d{6})<", page)
    assert code
    answer = client.post("/staff/second-factor/sign-in/", {"code": code[1]})

    assert answer.headers["Location"] == "/staff/"
    members = User.objects.filter(membership__role__in=[*HOTLINE_ROLES, *PROVIDER_ROLES])
    assert all(has_second_factor(member) for member in members)


def test_a_database_with_people_in_it_is_left_alone() -> None:
    User.objects.create_user("somebody@office.example", name="Sam Somebody")
    organizations = Organization.objects.count()
    assert not seed_demo()
    assert User.objects.count() == 1
    assert Organization.objects.count() == organizations


@pytest.mark.parametrize("secret", [PASSWORD, VAULT_PASSPHRASE])
def test_the_demos_secrets_obey_the_rules_for_secrets(secret: str) -> None:
    validate_password(secret)


def test_password_and_vault_passphrase_differ() -> None:
    assert PASSWORD != VAULT_PASSPHRASE


def test_every_member_of_the_hotline_and_the_providers_opens_their_files_with_the_demos_passphrase() -> None:
    seed_demo()
    members = Membership.objects.filter(organization__kind__in=VAULT_KINDS).select_related("organization")
    assert {one.organization for one in members} == set(Organization.objects.filter(kind__in=VAULT_KINDS))
    for one in members:
        holder = holders.member_holder(one.user_id)
        reader = vault.reader_of(one.organization)
        keys = holders.keys_of(holder, holders.private_of(holder, VAULT_PASSPHRASE), reader)
        for document in SealedDocument.objects.all()[:10]:
            if not vault.not_wrapped_for(reader, [document]):
                assert vault.open_document(document, keys=keys)
        assert not holders.has_key(holders.recovery_holder(reader))


def test_only_the_operator_may_open_the_admin() -> None:
    seed_demo()
    assert list(User.objects.filter(is_staff=True).values_list("email", flat=True)) == ["operator@demo.example"]
