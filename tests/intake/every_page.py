"""Every page a family may be shown, as the site sends it: with and without answers, wrong ones, sent, and every error.

What checks all pages (reading grade, languages) walks these, so that a new page is checked without being named.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone, translation

from intake.questions import Page
from intake.status import status_of
from referrals.models import State
from tests import factories as make
from tests.intake import family_routes
from tests.intake.family import STORY, Family, text
from tests.intake.test_bad_input import BAD
from web import views as site

# Leads away from the site, in no language.
AWAY = {"leave/"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One page; `name` says in which turn it was met."""

    name: str
    language: str
    html: str


@pytest.fixture
def ask_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shows every page of questions to everyone."""
    monkeypatch.setattr(Page, "shown", property(lambda page: lambda typed: True))


def paths() -> list[str]:
    """The paths of all family pages below `/<lang>/`, none of which an added route can miss."""
    return [path for path in family_routes.paths() if path not in AWAY]


def every_page(language: str) -> Iterator[Shown]:
    """All of them; needs the database and, for pages asked under a condition, the fixture `ask_everything`."""
    for turn in (_without_answers, _asked, _with_wrong_answers, _answered, _sent, _states, _errors):
        with translation.override(language):
            yield from (replace(shown, language=language) for shown in turn(language))


def _kept(name: str, response: HttpResponse) -> Iterator[Shown]:
    """The page, if it is one: no redirect, no refusal without words, no document to print elsewhere."""
    if "Location" not in response and response.content and response["Content-Type"].startswith("text/html"):
        yield Shown(name, "", text(response))


def _opened(family: Family, turn: str) -> Iterator[Shown]:
    for path in paths():
        yield from _kept(f"{path or 'start'} ({turn})", family.get(path))


def _without_answers(language: str) -> Iterator[Shown]:
    yield Shown("languages", "", text(Family(language).client.get("/")))  # type: ignore[arg-type]
    yield from _opened(Family(language), "without a draft")


def _asked(language: str) -> Iterator[Shown]:
    family = Family(language)
    family.begin()
    yield from _opened(family, "nothing answered")


def _with_wrong_answers(language: str) -> Iterator[Shown]:
    family = Family(language)
    family.begin()
    for path in paths():
        if path != "before/":
            yield from _kept(f"{path} (sent empty)", family.post(path, {"code": "1"}))
    for page, field, value, *_messages in BAD:
        yield from _kept(f"{page} ({field} wrong)", family.post(f"ask/{page}/", STORY[page] | {field: value[:99]}))


def _answered(language: str) -> Iterator[Shown]:
    family = Family(language)
    family.begin()
    family.answer_all()
    yield from _opened(family, "answered")


def _sent(language: str) -> Iterator[Shown]:
    family = Family(language)
    code = family.begin()
    family.answer_all()
    family.send()
    yield from _opened(family, "sent")
    yield from _kept("sent twice", family.get("sent/?again"))
    yield from _kept("status of what was sent", Family(language).post("status/", {"code": code}))


def _states(language: str) -> Iterator[Shown]:
    """What the status page says in each state a case can be in, with and without whom to call."""
    make.room()
    cases = {"with a lawyer": make.represented_case(), "with a partner": make.case()}
    cases["with a partner"].referred_to = make.partner()
    for words, case in cases.items():
        # A duplicate's page is that of the case it was joined with.
        for state in set(State) - {State.DUPLICATE}:
            # Only in memory: how a case really comes there is checked elsewhere.
            vars(case)["state"] = state
            status = status_of(case, timezone.now())
            yield Shown(
                f"status {state} {words}", "", f"<main><h1>{status.heading}</h1>{_paragraphs(status.sentences)}"
            )


def _paragraphs(sentences: list[str]) -> str:
    return "".join(f"<p>{sentence}</p>" for sentence in sentences)


def _errors(language: str) -> Iterator[Shown]:
    request = RequestFactory().get(f"/{language}/nowhere/")
    request.LANGUAGE_CODE = language
    views: dict[str, Callable[..., HttpResponse]] = {
        "400": site.bad_request,
        "404": site.page_not_found,
        "403": site.permission_denied,
        "500": site.server_error,
        "csrf": site.csrf_failure,
    }
    for name, view in views.items():
        yield Shown(f"error {name}", "", text(view(request)))
