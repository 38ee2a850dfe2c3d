import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password

from accounts.demo import PASSWORD, SIGN_INS
from accounts.models import Membership, Organization, User
from accounts.roles import MEMBER_ROLES
from config.demo import seed_demo

pytestmark = pytest.mark.django_db


def test_an_empty_database_gets_one_sign_in_for_each_role() -> None:
    assert seed_demo()
    assert set(Membership.objects.values_list("role", flat=True)) == {role.value for role in MEMBER_ROLES}
    assert all(authenticate(email=one.email, password=PASSWORD) for one in SIGN_INS)


def test_a_database_with_people_in_it_is_left_alone() -> None:
    User.objects.create_user("somebody@office.example", name="Sam Somebody")
    organizations = Organization.objects.count()
    assert not seed_demo()
    assert User.objects.count() == 1
    assert Organization.objects.count() == organizations


def test_the_demo_password_obeys_the_rules_for_passwords() -> None:
    validate_password(PASSWORD)


def test_only_the_operator_may_open_the_admin() -> None:
    seed_demo()
    assert list(User.objects.filter(is_staff=True).values_list("email", flat=True)) == ["operator@demo.example"]
