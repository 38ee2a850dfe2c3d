"""Signatures published for Twilio's validator pass through our decorator, behind a proxy; nothing else does."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from notifications.signatures import FORM, JSON, signed_by_carrier

# From Twilio's documentation of webhook security and the published tests of its libraries: token, address, what was
# posted to it, and the signature that is right for these.
CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
RINGING = {
    "AccountSid": "AC9a9f9392lad99kla0sklakjs90j092j3",
    "ApiVersion": "2010-04-01",
    "CallSid": "CAd800bb12c0426a7ea4230e492fef2a4f",
    "CallStatus": "ringing",
    "Called": "+15306384866",
    "CalledCity": "OAKLAND",
    "CalledCountry": "US",
    "CalledState": "CA",
    "CalledZip": "94612",
    "Caller": "+15306666666",
    "CallerCity": "SOUTH LAKE TAHOE",
    "CallerCountry": "US",
    "CallerName": "CA Wireless Call",
    "CallerState": "CA",
    "CallerZip": "89449",
    "Direction": "inbound",
    "From": "+15306666666",
    "FromCity": "SOUTH LAKE TAHOE",
    "FromCountry": "US",
    "FromState": "CA",
    "FromZip": "89449",
    "To": "+15306384866",
    "ToCity": "OAKLAND",
    "ToCountry": "US",
    "ToState": "CA",
    "ToZip": "94612",
}
BODY = '{"property": "value", "boolean": true}'
BODY_SHA256 = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
PAGE = "https://mycompany.com/myapp.php?foo=1&bar=2"


@dataclass(frozen=True)
class Vector:
    """One published request; `posted` is a form, or the text of a body whose hash is in the address."""

    token: str
    address: str
    posted: dict[str, Any] | str
    signature: str

    @property
    def public_base_url(self) -> str:
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def path(self) -> str:
        return self.address.removeprefix(self.public_base_url)


VECTORS = {
    "form": Vector("12345", PAGE, CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    "values twice": Vector(
        "12345",
        PAGE,
        {"Sid": "CA123", "SidAccount": "AC123", "Digits": ["5678", "1234", "1234"]},
        "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
    ),
    "body": Vector("12345", f"{PAGE}&bodySHA256={BODY_SHA256}", BODY, "a9nBmqA0ju/hNViExpshrM61xv4="),
    "body alone": Vector(
        "12345",
        f"https://mycompany.com/myapp.php?bodySHA256={BODY_SHA256}",
        BODY,
        "y77kIzt2vzLz71DgmJGsen2scGs=",
    ),
    # An installation at a port of its own, signed without; at the usual port, signed with it; and so without TLS.
    "port left out": Vector("12345", PAGE.replace(".com", ".com:1234"), CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    "port 443": Vector("12345", PAGE, CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    "port 80": Vector("12345", PAGE.replace("https", "http"), CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    "port 1234": Vector(
        "12345",
        PAGE.replace("https", "http").replace(".com", ".com:1234"),
        CALL,
        "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
    ),
    "call": Vector(
        "1c892n40nd03kdnc0112slzkl3091j20",
        "http://www.postbin.org/1ed898x",
        RINGING,
        "fF+xx6dTinOaCdZ0aIeNkHr/ZAA=",
    ),
}


@signed_by_carrier
def webhook(request: HttpRequest) -> HttpResponse:
    return HttpResponse("through")


urlpatterns = [path("myapp.php", webhook), path("1ed898x", webhook)]


@pytest.fixture(params=VECTORS)
def vector(request: pytest.FixtureRequest, settings: Any) -> Vector:
    """An installation that the vector was signed for, behind a proxy that ends TLS."""
    vector = VECTORS[request.param]
    settings.ROOT_URLCONF = __name__
    settings.PUBLIC_BASE_URL = vector.public_base_url
    settings.TWILIO_AUTH_TOKEN = vector.token
    settings.TWILIO_ACCOUNT_SID = RINGING["AccountSid"]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = ["web.internal"]
    return vector


def post(vector: Vector, **changes: Any) -> HttpResponse:
    """The request as the proxy passes it on, or with another `path`, `posted`, `signature`, `headers` or `type`."""
    posted = changes.get("posted", vector.posted)
    response: Any = Client(enforce_csrf_checks=True).post(
        changes.get("path", vector.path),
        posted if isinstance(posted, str | bytes) else urlencode(posted, doseq=True),
        content_type=changes.get("type", JSON if isinstance(vector.posted, str) else FORM),
        headers={
            "Host": "web.internal",
            "X-Forwarded-Proto": "https",
            "X-Twilio-Signature": changes.get("signature", vector.signature),
        }
        | changes.get("headers", {}),
    )
    return response


def test_a_published_signature_passes_behind_a_proxy(vector: Vector) -> None:
    response = post(vector)

    assert (response.status_code, response.content) == (200, b"through")


def forgeries(vector: Vector) -> dict[str, dict[str, Any]]:
    """What may be wrong with a request, as changes of the right one."""
    other = VECTORS["call" if vector is not VECTORS["call"] else "form"]
    text = vector.posted if isinstance(vector.posted, str) else urlencode(vector.posted, doseq=True)
    signature = vector.signature
    return {
        "no signature": {"signature": ""},
        "cut short": {"signature": signature[:-1]},
        "a letter longer": {"signature": signature + "="},
        "another letter": {"signature": ("A" if signature[0] != "A" else "B") + signature[1:]},
        "other case": {"signature": signature.swapcase()},
        "not ASCII": {"signature": "ñ" * len(signature)},
        "of another request": {"signature": other.signature},
        "body cut short": {"posted": text[: len(text) // 2]},
        "body empty": {"posted": ""},
        "body longer": {"posted": text + ("&Extra=1" if "=" in text else " ")},
        "body changed": {"posted": text[:-1] + "x"},
        "body not text": {"posted": text.encode() + b"&\xff\xfe"},
        "to another address": {"path": vector.path + ("&" if "?" in vector.path else "?") + "baz=3"},
        "an upload": {"type": "multipart/form-data; boundary=x", "posted": b"--x\r\n\r\n--x--\r\n"},
        "no type": {"type": "text/plain"},
        "wrong type": {"type": FORM if isinstance(vector.posted, str) else JSON},
        "strange letters": {"type": f"{FORM}; charset=utf-7"},
        "much too long": {"posted": "A=" + "x" * 300_000},
        "very many fields": {"posted": "&".join(f"A{number}=1" for number in range(500))},
    }


@pytest.mark.parametrize("fault", forgeries(VECTORS["form"]))
def test_every_other_request_is_refused_before_anything_is_read_or_written(
    vector: Vector, fault: str, django_assert_num_queries: Any, db: None
) -> None:
    with django_assert_num_queries(0):
        response = post(vector, **forgeries(vector)[fault])

    assert (response.status_code, response.content) == (403, b"")


def test_what_the_request_says_of_its_own_host_counts_for_nothing(vector: Vector, settings: Any) -> None:
    said = urlsplit(vector.address).netloc
    forwarded = {"X-Forwarded-Host": said, "X-Forwarded-Port": "443", "Forwarded": f"host={said};proto=https"}

    assert post(vector, headers=forwarded).status_code == 200
    settings.PUBLIC_BASE_URL = "https://help.example.org"
    assert post(vector, headers=forwarded).status_code == 403


@pytest.mark.parametrize("missing", ["TWILIO_AUTH_TOKEN", "PUBLIC_BASE_URL"])
def test_without_a_secret_or_an_address_nobody_is_believed(vector: Vector, settings: Any, missing: str) -> None:
    setattr(settings, missing, "")

    assert post(vector).status_code == 403


def test_another_account_is_not_believed_even_where_it_knows_the_token(settings: Any) -> None:
    vector = VECTORS["call"]
    settings.ROOT_URLCONF = __name__
    settings.PUBLIC_BASE_URL, settings.TWILIO_AUTH_TOKEN = vector.public_base_url, vector.token
    settings.ALLOWED_HOSTS = ["web.internal"]
    settings.TWILIO_ACCOUNT_SID = "AC" + "1" * 32

    assert post(vector).status_code == 403
    settings.TWILIO_ACCOUNT_SID = RINGING["AccountSid"]
    assert post(vector).status_code == 200


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_a_post_is_looked_at(method: str, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__

    assert getattr(Client(), method)("/myapp.php").status_code == 405
