"""A code that leads nowhere: which kind shows in no byte, header or time; and nobody with a right one stays out."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone, translation

from intake.actions import Begun, begin_draft, submit_draft
from intake.models import Draft
from intake.tasks import purge_drafts
from intake.views import status
from privacy import destruction, draft_keys, return_codes, throttle
from privacy.models import ReturnCode
from tests.intake.family import Family, text, without_token
from tests.intake.test_sending import a_draft
from tests.services.threads import close_connections

pytestmark = pytest.mark.django_db

NOT_FOUND = "We do not find this code"
ADDRESS = "203.0.113.7"
# Slower than any answer is made here, so that a busy machine does not need a second one.
FLOOR_WHEN_TIMED = 0.05


def unknown() -> str:
    return return_codes.generate()


def mistyped() -> str:
    code = return_codes.generate()
    return f"{code[:-1]}{(int(code[-1]) + 1) % 10}"


def expired() -> str:
    begun = begin_draft(language="en", now=timezone.now() - timedelta(days=8))
    return begun.draft.code


def purged_draft() -> str:
    code = expired()
    purge_drafts()
    return code


def without_key() -> str:
    """The draft and its code are there, its key is not: the purge was killed between the two."""
    begun: Begun = begin_draft(language="en")
    draft_keys.destroy(begun.draft.row.pk)
    return begun.draft.code


def purged_case() -> str:
    draft, now = a_draft(), timezone.now()
    case = submit_draft(draft=draft)
    destruction.schedule(case_id=case.pk, reason="closed", due_at=now, now=now, ends_case=True)
    assert destruction.carry_out_due(now) == 1
    return draft.code


def replaced() -> str:
    draft = a_draft()
    case = submit_draft(draft=draft)
    new = return_codes.derive(return_codes.generate())
    return_codes.replace(case_id=case.pk, lookup_id=new.lookup_id, now=timezone.now())
    return draft.code


ONCE_RIGHT: list[Callable[[], str]] = [expired, purged_draft, without_key, purged_case, replaced]
NEVER_RIGHT: list[Callable[[], str]] = [
    unknown,
    mistyped,
    lambda: "not a code",
    lambda: "12",
    lambda: "1" * 14,
    lambda: "9" * 3000,
    lambda: f"{return_codes.show(return_codes.generate())} 1",
    lambda: "   ",
    lambda: "1\x00",
    lambda: "😀",
    lambda: "<script>",
    lambda: "' OR 1=1 --",
]


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """A request leaves its language behind in the thread."""
    with translation.override("en"):
        yield


@pytest.fixture
def undelayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guess after guess from one address without the growing delays."""
    monkeypatch.setattr(throttle, "LONGEST_DELAY_SECONDS", 0.0)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    delays: list[float] = []
    monkeypatch.setattr(throttle.time, "sleep", delays.append)
    return delays


def browser(address: str = ADDRESS) -> Family:
    """A family's browser that has seen the page: it has the cookie against forged forms."""
    family = Family()
    family.client.defaults["REMOTE_ADDR"] = address
    family.get("status/")
    return family


def headers(response: HttpResponse) -> tuple[tuple[str, str], ...]:
    return (*response.items(), *((name, cookie.OutputString()) for name, cookie in response.cookies.items()))


@pytest.mark.usefixtures("undelayed")
@pytest.mark.parametrize("language", ["en", "es"])
def test_wrong_codes_of_every_kind_get_the_same_bytes_status_and_headers(language: str) -> None:
    typed = [make() for make in (*ONCE_RIGHT, *NEVER_RIGHT)]
    typed += [unknown() for _ in range(200 - 2 * len(typed))] + typed
    random.shuffle(typed)
    family = Family(language)
    family.get("status/")

    answers = [family.post("status/", {"code": code}) for code in typed]

    assert len(answers) == 200
    assert {answer.status_code for answer in answers} == {200}
    assert len({without_token(answer) for answer in answers}) == 1
    assert len({headers(answer) for answer in answers}) == 1
    assert ("no encontramos" in text(answers[0]).lower()) == (language == "es")


@pytest.mark.usefixtures("undelayed")
@pytest.mark.parametrize("make", [*ONCE_RIGHT, unknown, mistyped])
def test_no_page_contains_what_was_typed(make: Callable[[], str]) -> None:
    code = make()

    shown = text(browser().post("status/", {"code": return_codes.show(code)}))

    assert NOT_FOUND in shown
    assert code not in shown
    assert return_codes.show(code) not in shown
    assert "What you typed is still here" not in shown


def test_the_page_stays_the_same_however_many_wrong_codes_came_before(slept: list[float]) -> None:
    family = browser()

    answers = [family.post("status/", {"code": unknown()}) for _ in range(30)]

    assert {answer.status_code for answer in answers} == {200}
    assert len({without_token(answer) for answer in answers}) == 1


def test_an_empty_box_is_no_try(slept: list[float]) -> None:
    shown = text(browser().post("status/", {"code": ""}))

    assert "Please write your code" in shown
    assert slept == []


def chance_that_first_is_smaller(first: list[float], second: list[float]) -> float:
    """The area under the curve: Mann-Whitney's U over the number of pairs; 0.5 where nothing can be told."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(rank for rank, (_, which) in enumerate(ranked, start=1) if which)
    return (ranks - len(second) * (len(second) + 1) / 2) / (len(first) * len(second))


def test_the_measure_tells_apart_what_differs() -> None:
    assert chance_that_first_is_smaller([1, 2, 3], [4, 5, 6]) == 1
    assert chance_that_first_is_smaller([4, 5, 6], [1, 2, 3]) == 0
    assert chance_that_first_is_smaller([1, 4, 5, 8], [2, 3, 6, 7]) == 0.5


@pytest.mark.usefixtures("undelayed")
def test_the_time_does_not_tell_a_code_that_exists_or_existed(settings: Any, scale: Mapping[str, int]) -> None:
    settings.RETURN_CODE_FLOOR_SECONDS = FLOOR_WHEN_TIMED
    sent = a_draft()
    submit_draft(draft=sent)
    known = [*(make() for make in ONCE_RIGHT), sent.code, begin_draft(language="en").draft.code]
    tries = [(True, known[number % len(known)]) for number in range(scale["timed_codes"])]
    tries += [(False, unknown()) for _ in range(scale["timed_codes"])]
    random.shuffle(tries)
    family = browser()
    seconds: dict[bool, list[float]] = {True: [], False: []}

    for is_known, code in tries:
        began = time.perf_counter()
        family.post("status/", {"code": code})
        seconds[is_known].append(time.perf_counter() - began)

    assert 0.42 <= chance_that_first_is_smaller(seconds[True], seconds[False]) <= 0.58


def test_without_the_floor_the_time_would_tell(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The measurement above proves nothing unless it can see the difference that the floor hides."""
    monkeypatch.setattr(throttle, "LONGEST_DELAY_SECONDS", 0.0)
    monkeypatch.setattr(throttle, "_wait_until_told", lambda began, floor, delay: None)
    resume = status.resume_draft

    def slowly(**arguments: Any) -> Any:
        # As much as a slower machine would take: what is told apart must not depend on what else runs on this one.
        time.sleep(0.02)
        return resume(**arguments)

    monkeypatch.setattr(status, "resume_draft", slowly)
    begun = begin_draft(language="en").draft.code
    family = browser()
    seconds: dict[bool, list[float]] = {True: [], False: []}

    for number in range(100):
        began = time.perf_counter()
        family.post("status/", {"code": begun if number % 2 else unknown()})
        seconds[bool(number % 2)].append(time.perf_counter() - began)

    told = chance_that_first_is_smaller(seconds[True], seconds[False])
    assert not 0.42 <= told <= 0.58


def test_a_right_code_gets_in_from_an_address_that_everybody_guesses_from(slept: list[float]) -> None:
    family, stranger = browser(), browser()
    code = begin_draft(language="en").draft.code
    for _ in range(50):
        stranger.post("status/", {"code": unknown()})

    answer = family.post("status/", {"code": code})

    assert answer.status_code == 302
    assert slept[-1] < throttle.LONGEST_DELAY_SECONDS + 0.1


def test_a_right_code_gets_in_while_the_whole_world_guesses(slept: list[float]) -> None:
    code = begin_draft(language="en").draft.code
    for number in range(200):
        throttle.note_failure(caller=f"198.51.100.{number}", now=timezone.now())

    assert browser().post("status/", {"code": code}).status_code == 302
    assert slept[-1] < throttle.LONGEST_DELAY_SECONDS + 0.1


@pytest.fixture
def taken_line(slept: list[float]) -> Iterator[ExitStack]:
    """A guesser at another address waits in the guessers' line, until this is closed."""
    now = timezone.now()
    for _ in range(throttle.FREE_TRIES):
        throttle.note_failure(caller="198.51.100.9", now=now)
    with ExitStack() as waiting:
        waiting.enter_context(throttle.attempt(caller="198.51.100.9", now=now, floor=0.01))
        yield waiting


def test_where_too_many_wait_the_code_stays_in_the_box_and_gets_in_a_moment_later(taken_line: ExitStack) -> None:
    family = browser()
    code = begin_draft(language="en").draft.code
    for _ in range(throttle.FREE_TRIES):
        family.post("status/", {"code": unknown()})

    full = family.post("status/", {"code": return_codes.show(code)})
    taken_line.close()
    again = family.post("status/", {"code": return_codes.show(code)})

    assert full.status_code == 429
    assert int(full["Retry-After"]) < 60
    assert "press Continue again, or call us" in text(full)
    assert f'value="{return_codes.show(code)}"' in text(full)
    assert again.status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_family_gets_in_while_a_flood_of_guesses_comes_from_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "LONGEST_DELAY_SECONDS", 0.05)
    code, over = begin_draft(language="en").draft.code, Event()

    def flood() -> int:
        guesser, tries = browser(), 0
        while not over.is_set():
            guesser.post("status/", {"code": unknown()})
            tries += 1
        close_connections()
        return tries

    with ThreadPoolExecutor(3) as pool:
        guessers = [pool.submit(flood) for _ in range(3)]
        try:
            while throttle._failures(f"{throttle.WRONG_CODES} {ADDRESS}", timezone.now()) < 20:
                time.sleep(0.01)
            family = browser()
            presses = 1
            while family.post("status/", {"code": code}).status_code == 429 and presses < 500:
                presses += 1
            is_in = family.get("ask/taken/").status_code == 200
        finally:
            over.set()
        assert sum(one.result() for one in guessers) > 20

    assert is_in, f"not within {presses} presses"


def test_a_code_of_a_purged_case_is_not_in_the_table() -> None:
    """What "purged" means above."""
    code = purged_case()

    assert not ReturnCode.objects.filter(lookup_id=return_codes.derive(code).lookup_id).exists()
    assert Draft.objects.filter(submitted_at__isnull=False).exists()


@pytest.mark.parametrize("language", ["en", "es", "so", "hmn"])
def test_whoever_lost_the_code_reads_what_can_be_done(language: str, settings: Any) -> None:
    asked = text(Client().get(f"/{language}/status/"))  # type: ignore[arg-type]

    page = text(Client().get(f"/{language}/status/lost/"))  # type: ignore[arg-type]

    assert f'href="/{language}/status/lost/"' in asked
    assert settings.HELPLINE in page
    for way_on in ("before/", "code/", "status/"):
        assert f'href="/{language}/{way_on}"' in page
