"""Error pages: clear, in the page's language, with a way on."""

from unittest.mock import patch

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import translation

from accounts.roles import Role
from tests.factories import client_of, member
from web import views


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "words", "first_page"),
    [
        ("/en/nowhere/", "There is no page here", 'href="/en/"'),
        ("/es/nowhere/", "Aquí no hay ninguna página", 'href="/es/"'),
        ("/staff/nowhere/", "There is no page here", 'href="/staff/"'),
    ],
)
def test_a_wrong_address_leads_back_in_its_own_language(client: Client, path: str, words: str, first_page: str) -> None:
    response = client.get(path)

    page = response.content.decode()
    assert response.status_code == 404
    assert words in page
    assert first_page in page
    assert "tel:+16125550100" in page


@pytest.mark.django_db
def test_a_family_whose_cookie_is_gone_sends_what_it_typed_again_with_one_click() -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post("/es/nowhere/", {"name": 'Ana "Muestra" <b>'})
    request = RequestFactory().post("/es/x/", {"name": 'Ana "Muestra" <b>', "may": ["text", "call"]})
    with translation.override("es"):
        refused = views.csrf_failure(request)

    # An unknown page is a 404 before it is anything else.
    assert response.status_code == 404
    page = refused.content.decode()
    assert refused.status_code == 403
    assert 'name="name" value="Ana &quot;Muestra&quot; &lt;b&gt;"' in page
    assert page.count('name="may"') == 2
    assert 'action="/es/x/"' in page
    assert "csrfmiddlewaretoken" in page


@pytest.mark.django_db
def test_staff_are_never_given_a_strangers_form_to_send() -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post("/staff/sign-in/", {"login": "planted@example.org"})

    assert response.status_code == 403
    assert b"planted@example.org" not in response.content


@pytest.mark.django_db
def test_a_member_without_the_role_is_told_so() -> None:
    funder = client_of(member(Role.FUNDER))

    response = funder.get("/staff/money/")

    assert response.status_code == 403
    assert b"This page is not open to you" in response.content


def test_too_much_at_once_is_refused_with_a_way_on(rf: RequestFactory) -> None:
    response = views.bad_request(rf.post("/en/x/"))

    assert response.status_code == 400
    assert b"We could not read what was sent" in response.content


def test_a_fault_of_ours_is_told_in_the_familys_language(rf: RequestFactory) -> None:
    with translation.override("es"):
        response = views.server_error(rf.get("/es/"))

    page = response.content.decode()
    assert response.status_code == 500
    assert '<html lang="es">' in page
    assert "Algo falló de nuestro lado" in page
    assert "612-555-0100" in page


def test_even_a_broken_template_leaves_a_number_to_call(rf: RequestFactory) -> None:
    def broken(request: HttpRequest, *args: object, **kwargs: object) -> None:
        raise RuntimeError("the page that says sorry failed too")

    with patch.object(views, "render", broken):
        response = views.server_error(rf.get("/es/"))

    assert response.status_code == 500
    assert b"<a href=tel:+16125550100>612-555-0100</a>" in response.content
