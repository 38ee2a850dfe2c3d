"""Six people, four languages, a keyboard and no scripts: each reaches the right end, and nobody a dead one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from intake.questions import BY_NAME
from referrals.machine import OWNERSHIP
from referrals.models import Case, Residency, State, TaskKind, Urgency
from tests import factories as make
from tests.browser import keyboard

CONTINUE = "main form.form button[type=submit]:not([name])"
DONT_KNOW = "button[name=dont_know]"
# What each person answers where nothing else is said; a tuple is ticked, the rest chosen or typed.
EVERYBODY: dict[str, dict[str, str | tuple[str, ...]]] = {
    "contact": {"phone": "612-555-0177", "shared": "nobody"},
    "reach": {"may_text": "yes", "may_call": "yes", "hours": "day"},
    "consent": {"may_contact": "yes"},
}


@dataclass(frozen=True)
class Persona:
    """Somebody's answers by page; every page not named is left open. Then what must come of it."""

    name: str
    answers: dict[str, dict[str, str | tuple[str, ...]]]
    code: str
    urgency: Urgency
    states: frozenset[State]
    task: str = ""
    says: str = ""
    residency: Residency = Residency.UNKNOWN
    secondary: tuple[str, ...] = field(default=())


IN_THE_CITY: dict[str, str | tuple[str, ...]] = {"zip_code": "55407"}
PERSONAS = [
    Persona(
        "the mother of a son just taken",
        {
            "you": {"caller_name": "Mother Made-up", "relation": "child"},
            "taken": {"taken": "just_now", "taken_day": "today"},
            "person": {"names": "Son Made-up", "a_number": "A000 123 456"},
            "place": {"place": "whipple"},
            "entry": {"entry": "uninspected", "time_here": "over_2"},
            "home": IN_THE_CITY,
        },
        "DET-HAB",
        Urgency.T0,
        frozenset({State.OFFERED}),
        residency=Residency.IN,
        secondary=("REM-DET",),
    ),
    Persona(
        "a woman with an old order before a check-in",
        {
            "you": {"caller_name": "Woman Made-up", "relation": "self"},
            "taken": {"taken": "no"},
            "papers": {"papers": ("final_order",)},
            "dates": {"hearing_day": "+7", "date_kind": "check_in"},
            "home": IN_THE_CITY,
            "household": {"household": "3"},
            "income": {"income": "0"},
        },
        "DET-OSUP",
        Urgency.T1,
        frozenset({State.OFFERED}),
        residency=Residency.IN,
    ),
    Persona(
        "an asylum seeker who is free",
        {
            "you": {"caller_name": "Seeker Made-up", "relation": "self"},
            "taken": {"taken": "no"},
            "afraid": {"afraid": "yes"},
            "entry": {"entry": "uninspected", "time_here": "under_1"},
            "home": IN_THE_CITY,
            "household": {"household": "1"},
            "income": {"income": "0"},
        },
        "ASY-AFF",
        Urgency.T3,
        frozenset({State.OFFERED}),
        residency=Residency.IN,
    ),
    Persona(
        "a child alone",
        {
            "you": {"caller_name": "Teacher Made-up", "relation": "helper"},
            "taken": {"taken": "earlier"},
            "place": {"place": "unknown"},
            "care": {"is_minor": "yes", "has_parent": "no"},
        },
        "UC-SIJ",
        Urgency.T0,
        frozenset({State.OFFERED}),
        task=TaskKind.SCREEN,
    ),
    Persona(
        "a resident of Saint Paul",
        {
            "you": {"caller_name": "Neighbor Made-up", "relation": "self"},
            "taken": {"taken": "no"},
            "papers": {"papers": ("nta",)},
            "home": {"zip_code": "55101"},
        },
        "REM-ND",
        Urgency.T2,
        frozenset({State.RECEIVED}),
        task=TaskKind.SCREEN,
        says="651-641-1011",
        residency=Residency.OUTSIDE,
    ),
    Persona(
        "a friend who knows nearly nothing",
        {
            "you": {"caller_name": "Friend Made-up", "relation": "friend"},
            "taken": {"taken": "unknown"},
            "place": {"place": "unknown"},
        },
        "DET-LOC",
        Urgency.T1,
        frozenset({State.RECEIVED}),
        task=TaskKind.LOCATE,
    ),
]


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def answer(page: Page, persona: Persona) -> None:
    """One page of questions, then on."""
    found = re.search(r"/ask/([a-z]+)/$", page.url)
    assert found, page.url
    given = {**EVERYBODY, **persona.answers}.get(found[1])
    if given is None:
        # The language is chosen already: the site's own.
        keyboard.press(page, DONT_KNOW if BY_NAME[found[1]].may_skip else CONTINUE)
        return
    for name, value in given.items():
        if isinstance(value, tuple):
            for one in value:
                keyboard.tick(page, name, one)
        elif page.get_attribute(f"[name={name}] >> nth=0", "type") == "radio":
            keyboard.choose(page, name, value)
        else:
            keyboard.type_into(page, name, in_days(value))
    keyboard.press(page, CONTINUE)


def in_days(value: str) -> str:
    """ "+7" as the date in a week; anything else as it is."""
    if not value.startswith("+"):
        return value
    return (timezone.localdate() + timedelta(days=int(value))).strftime("%m/%d/%Y")


@pytest.mark.parametrize("language", ["en", "es", "so", "hmn"])
@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)
def test_each_reaches_the_right_end(
    transactional_db: None, live_server: LiveServer, phone: Page, persona: Persona, language: str
) -> None:
    for provider, kind in (("AHR", "detained_full"), ("AHR", "nondetained"), ("VLN", "nondetained")):
        make.room(provider, kind, ceiling=60)
    phone.goto(live_server.url)
    keyboard.press(phone, f"main a[href='/{language}/']")
    keyboard.press(phone, f"main a[href='/{language}/before/']")
    keyboard.press(phone, "main form button")
    code = phone.inner_text(".code")
    keyboard.press(phone, CONTINUE)
    while "/ask/" in phone.url:
        answer(phone, persona)
    keyboard.press(phone, CONTINUE)

    assert phone.url.endswith(f"/{language}/sent/")
    assert phone.inner_text(".code") == code
    assert persona.says in phone.inner_text("main")
    case = Case.objects.get()
    assert (case.case_type, case.urgency, case.residency) == (persona.code, persona.urgency, persona.residency)
    assert tuple(case.secondary_types) == persona.secondary
    assert case.state in persona.states
    assert OWNERSHIP[State(case.state)].owner
    assert case.state_due_at
    assert not persona.task or case.tasks.filter(kind=persona.task, done_at=None).exists()
