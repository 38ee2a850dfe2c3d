"""What the keeper of the server changes about a provider on the admin's pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.signals import pre_save
from django.test import Client

from accounts.roles import Role
from providers.models import Program, Provider
from referrals.models import State
from tests import factories
from tests.factories import OFFICE_HOURS

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Client:
    return factories.client_of(factories.member(Role.OPERATOR, is_staff=True, is_superuser=True))


def test_room_taken_while_the_page_is_saved_stays_taken(operator: Client) -> None:
    program = factories.room(ceiling=60)

    def taken_by_somebody(**_: Any) -> None:
        Program.objects.filter(pk=program.pk).update(in_use=6)

    pre_save.connect(taken_by_somebody, sender=Program)
    try:
        saved = operator.post(f"/staff/admin/providers/program/{program.pk}/change/", {"languages": ["so"]})
    finally:
        pre_save.disconnect(taken_by_somebody, sender=Program)

    assert saved.status_code == 302
    program.refresh_from_db()
    assert (program.languages, program.in_use) == (["so"], 6)


def test_who_waits_for_a_language_is_offered_when_the_program_learns_it(
    operator: Client, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    program = factories.room()
    Program.objects.filter(pk=program.pk).update(languages=["es"])
    case = factories.case(factories.held_facts(), language="so", now=OFFICE_HOURS)
    assert case.state == State.WAITLISTED

    with django_capture_on_commit_callbacks(execute=True):
        operator.post(f"/staff/admin/providers/program/{program.pk}/change/", {"languages": ["es", "so"]})

    case.refresh_from_db()
    assert case.state == State.OFFERED


def test_who_waits_is_offered_when_a_provider_takes_part_again(
    operator: Client, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    program = factories.room()
    Provider.objects.filter(pk=program.provider_id).update(is_active=False)
    case = factories.case(factories.held_facts(), now=OFFICE_HOURS)
    assert case.state == State.WAITLISTED

    page = f"/staff/admin/providers/provider/{program.provider_id}/change/"
    form = operator.get(page).context["adminform"].form
    written = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    with django_capture_on_commit_callbacks(execute=True):
        assert operator.post(page, written | {"is_active": "on"}).status_code == 302

    case.refresh_from_db()
    assert case.state == State.OFFERED
