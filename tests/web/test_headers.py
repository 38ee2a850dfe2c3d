"""What every answer carries, whoever asks and whatever comes of it."""

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

ALWAYS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/es/", 200), ("/staff/sign-in/", 200), ("/staff/", 302), ("/nowhere", 404), ("/staff/nowhere", 404)],
)
def test_every_answer_keeps_the_visit_private(client: Client, path: str, status: int) -> None:
    response = client.get(path)

    assert response.status_code == status
    missing = {name: response.get(name) for name, value in ALWAYS.items() if value not in response.get(name, "")}
    assert not missing
    assert "geolocation=()" in response["Permissions-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/en/", "/staff/sign-in/", "/nowhere"])
def test_nothing_may_be_loaded_from_elsewhere_or_written_inline(client: Client, path: str) -> None:
    response = client.get(path)

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    page = response.content.decode()
    assert " style=" not in page
    assert "<style" not in page


@pytest.mark.django_db
def test_a_static_file_is_the_same_origins_only(client: Client) -> None:
    assert finders.find("web/built/site.css"), "run `npm run build`"

    response = client.get("/static/web/quick-exit.js")

    # WhiteNoise answers where collectstatic ran; elsewhere the path is an error page. Both carry the headers.
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/staff/sign-in/", "/staff/nowhere", "/funders/no/where"])
def test_staff_pages_are_english_whatever_the_browser_asks_for(client: Client, path: str) -> None:
    response = client.get(path, headers={"accept-language": "es"})

    assert b'<html lang="en">' in response.content


@pytest.mark.django_db
def test_a_family_page_speaks_the_language_of_its_address_not_the_browsers(client: Client) -> None:
    response = client.get("/es/", headers={"accept-language": "so"})

    assert b'<html lang="es">' in response.content
