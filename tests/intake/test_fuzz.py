"""Whatever is sent to a family page: no server error, nothing sent back unescaped, at most one case of a draft."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from intake.models import Draft
from intake.questions import BY_NAME, PAGES
from referrals.models import Case
from tests.intake.every_page import AWAY, ask_everything, paths  # noqa: F401
from tests.intake.family import STORY, Family

pytestmark = pytest.mark.django_db

# Never on a page as it stands: sent back, each of its signs must be written as an entity.
MARK = "zq<b>\"'&zq"
# Not "zq<": so ends the mark, well escaped, before the tag that follows it.
RAW = (b"zq<b>", b"<b>\"'&zq", b"\"'&zq")
POSTED = [*paths(), *sorted(AWAY)]
# More than a page may be: refused before it is read.
HUGE = "9" * 300_000
ODD = [
    "",
    " ",
    "\x00",
    "\u202e\u2066",
    "\ufffe",
    "é" * 500,
    "٣٤",
    "null",
    "-1",
    "1e9",
    "[]",
    "%00",
    "${7*7}",
    "' OR 1=1--",
]

FIELDS = sorted(
    {name for page in PAGES for name in page.form.base_fields} | {"saved_at", "revision", "dont_know", "code"}
)
values = st.one_of(
    st.just(MARK),
    st.sampled_from(ODD),
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.text(st.characters(codec="utf-8"), max_size=20).map(lambda around: around + MARK + around),
    st.integers().map(str),
    st.dates().map(str),
)


def choices_of(path: str) -> list[tuple[str, str]]:
    """What the page's own form would let one choose: names and values that lead past the first check."""
    page = BY_NAME.get(path.removeprefix("ask/").rstrip("/"))
    told = STORY.get(page.name, {}) if page else {}
    return [
        (name, str(value)) for name, given in told.items() for value in (given if isinstance(given, list) else [given])
    ]


def bodies(path: str) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Fields that are wrong, missing, doubled, unknown or right, in any order."""
    page = BY_NAME.get(path.removeprefix("ask/").rstrip("/"))
    names = st.sampled_from([*page.form.base_fields, "saved_at", "dont_know"] if page else FIELDS)
    odd = st.tuples(names | st.just(MARK) | st.text(st.characters(codec="utf-8"), max_size=20), values)
    right = choices_of(path)
    fields = st.lists(odd | st.sampled_from(right), max_size=12) if right else st.lists(odd, max_size=12)
    return st.tuples(st.sampled_from([[], right]), fields).map(lambda parts: [*parts[0], *parts[1]])


# How a body can be said to be something else than it is.
KINDS = st.sampled_from(["form", "form", "form", "form", "multipart", "file", "json", "bytes", "nothing", "lie"])


def send(client: Client, path: str, body: list[tuple[str, str]], kind: str = "form") -> HttpResponse:
    """Posts the fields in one of the ways a client may."""
    fields: dict[str, list[str]] = {}
    for name, value in body:
        fields.setdefault(name, []).append(value)
    form = urlencode(body, errors="surrogatepass").encode()
    as_sent: Mapping[str, tuple[Any, str]] = {
        "form": (form, "application/x-www-form-urlencoded"),
        "json": (json.dumps(fields).encode(), "application/json"),
        "bytes": (b"%ff%fe=\xff\xfe&" + form, "application/x-www-form-urlencoded; charset=nowhere"),
        "nothing": (b"", ""),
        "lie": (form, "multipart/form-data; boundary=there-is-none"),
    }
    if kind in as_sent:
        data, content_type = as_sent[kind]
        return client.generic("POST", path, data, content_type)  # type: ignore[return-value]
    if kind == "file":
        uploads = {name: SimpleUploadedFile(f"{MARK}.txt", value.encode()) for name, value in body}
        return client.post(path, uploads)  # type: ignore[return-value]
    return client.post(path, fields)  # type: ignore[return-value]


def assert_sound(response: HttpResponse) -> None:
    assert response.status_code < 500
    assert not any(raw in response.content for raw in RAW)
    assert "zq<" not in "".join(response.headers.values())


def opened(path: str) -> Family:
    """A browser for which the page is open."""
    family = Family()
    family.begin()
    if path in ("check/", "sent/"):
        family.answer_all()
    return family


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Who begins or guesses a lot waits on the site; not here."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    settings.RETURN_CODE_FLOOR_SECONDS = 0.001


@pytest.mark.usefixtures("ask_everything", "no_waiting")
@pytest.mark.parametrize("path", POSTED)
def test_no_page_breaks_and_nothing_comes_back_as_it_was_sent(path: str, scale: Mapping[str, int]) -> None:
    family = opened(path)
    everywhere = [(name, MARK) for name in FIELDS]

    @settings(
        max_examples=max(10, scale["fuzz_requests"] // len(POSTED)),
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(body=bodies(path), kind=KINDS, language=st.sampled_from(["en", "es", "so", "hmn"]))
    @example(body=everywhere, kind="form", language="en")
    @example(body=everywhere, kind="multipart", language="es")
    @example(body=[*everywhere, *everywhere], kind="form", language="so")
    @example(body=[("names", HUGE)], kind="form", language="en")
    @example(body=[(f"field{number}", "") for number in range(300)], kind="form", language="en")
    def post(body: list[tuple[str, str]], kind: str, language: str) -> None:
        assert_sound(send(family.client, f"/{language}/{path}", body, kind))
        if path in AWAY:
            return
        # What was kept of it is shown again on other pages.
        assert_sound(family.client.get(f"/{language}/{path}"))  # type: ignore[arg-type]
        if path.startswith("ask/"):
            assert_sound(family.client.get(f"/{language}/check/"))  # type: ignore[arg-type]

    post()

    assert Case.objects.count() == Draft.objects.filter(submitted_at__isnull=False).count()


@pytest.mark.usefixtures("ask_everything")
def test_what_is_looked_for_is_really_sent_back() -> None:
    """Else the test above would find nothing because there is nothing to find."""
    family = opened("code/")

    answers = [family.post(f"ask/{page.name}/", dict.fromkeys(page.form.base_fields, MARK)).content for page in PAGES]

    assert any(b"zq&lt;b&gt;&quot;&#x27;&amp;zq" in answer for answer in answers)


@pytest.mark.usefixtures("no_waiting")
def test_a_form_without_its_token_is_shown_again_and_nothing_of_it_raw() -> None:
    strict = Client(enforce_csrf_checks=True)

    for path in POSTED:
        assert_sound(send(strict, f"/en/{path}", [(name, MARK) for name in [*FIELDS, MARK]]))


@pytest.mark.usefixtures("no_waiting")
def test_no_order_of_forms_makes_two_cases_of_one_draft(scale: Mapping[str, int]) -> None:
    steps = st.lists(
        st.sampled_from(["check/", "check/", *POSTED]).flatmap(lambda path: st.tuples(st.just(path), bodies(path))),
        min_size=1,
        max_size=12,
    )

    @settings(
        max_examples=max(5, scale["fuzz_requests"] // 120), suppress_health_check=list(HealthCheck), deadline=None
    )
    @given(steps=steps)
    @example(steps=[("check/", []), ("check/", []), ("before/", []), ("check/", [])])
    def walk(steps: list[tuple[str, list[tuple[str, str]]]]) -> None:
        family = opened("check/")
        for path, body in steps:
            assert_sound(send(family.client, f"/en/{path}", body))
        assert Case.objects.count() == Draft.objects.filter(submitted_at__isnull=False).count()

    walk()
    assert Case.objects.exists()
