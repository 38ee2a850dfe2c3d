"""What the pages cost a prepaid phone on a bad line: bytes over the wire, seconds, and what may fail to load."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page
from pytest_django.live_server_helper import LiveServer

from intake.questions import PAGES
from tests.browser.visits import fill_in
from tests.services import process
from tests.services.browser import close
from tests.services.served import Served
from tests.story.family import press

FIRST_PAGE_AT_MOST = 100_000
LATER_PAGE_AT_MOST = 15_000
# Long pages that ask nothing.
FOR_ANYBODY = ("status/lost/", "advice/child/", "advice/papers/", "legal-demands/", "legal-demands/list/")
# A 2G phone at the edge of its cell.
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000 / 8, "uploadThroughput": 20_000 / 8}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the whole system as `make run` serves it: its own server, static files packed as installed."""
    running = Served(tmp_path_factory.mktemp("weight"))
    running.wait_until_ready()
    yield f"http://127.0.0.1:{running.port}"
    process.stop(running.process)


class Scale:
    """Weighs what a tab loads: bytes over the wire, headers included, by the kind of what was loaded."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session: CDPSession = page.context.new_cdp_session(page)
        self._kinds: dict[str, str] = {}
        self._bytes: dict[str, int] = defaultdict(int)
        self.session.send("Network.enable")
        self.session.on("Network.responseReceived", self._received)
        self.session.on("Network.loadingFinished", self._finished)

    def _received(self, event: dict[str, Any]) -> None:
        self._kinds[event["requestId"]] = event["type"]

    def _finished(self, event: dict[str, Any]) -> None:
        self._bytes[self._kinds.get(event["requestId"], "Other")] += round(event["encodedDataLength"])

    def weigh(self, go: Callable[[], object]) -> dict[str, int]:
        """Bytes by kind of what `go` loads."""
        # What the page before still loads is not this one's.
        self.page.wait_for_load_state("networkidle")
        self._bytes.clear()
        go()
        self.page.wait_for_load_state("networkidle")
        return dict(self._bytes)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, service_workers="block")
    yield context.new_page()
    close(context)


@pytest.mark.parametrize("first", ["/", "/es/", "/es/right-now/"])
def test_the_first_page_with_everything_on_it_is_light(phone: Page, served: str, first: str) -> None:
    weighed = Scale(phone).weigh(lambda: phone.goto(served + first))

    print(f"\n{first}: {sum(weighed.values())} bytes, {weighed}")
    assert {"Document", "Stylesheet", "Script"} <= set(weighed)
    assert sum(weighed.values()) <= FIRST_PAGE_AT_MOST
    # The sheet travels packed: 41 kB as a file.
    assert weighed["Stylesheet"] <= 10_000


def test_every_later_page_is_lighter_still(phone: Page, served: str) -> None:
    scale = Scale(phone)
    scale.weigh(lambda: phone.goto(f"{served}/"))
    weights: dict[str, int] = {}

    def weigh(name: str, go: Callable[[], object]) -> None:
        weights[name] = sum(scale.weigh(go).values())

    for path in ("", "right-now/", "advice/", "advice/taken/", "status/", *FOR_ANYBODY, "before/"):
        weigh(path, lambda path=path: phone.goto(f"{served}/es/{path}"))  # type: ignore[misc]
    weigh("code/", lambda: press(phone))
    for question in PAGES:
        phone.goto(f"{served}/es/ask/{question.name}/")
        weigh(f"ask/{question.name}/", lambda: phone.goto(phone.url))
        if f"/ask/{question.name}/" in phone.url:
            fill_in(phone, question.name)
    weigh("check/", lambda: phone.goto(f"{served}/es/check/"))
    weigh("sent/", lambda: press(phone))
    assert "/sent/" in phone.url
    weigh("sent/receipt/", lambda: phone.goto(f"{served}/es/sent/receipt/"))

    print("\n" + "\n".join(f"{weight:>7} {name}" for name, weight in weights.items()))
    assert {name: weight for name, weight in weights.items() if weight > LATER_PAGE_AT_MOST} == {}
    assert min(weights.values()) > 1000, "a page that weighs nothing was not loaded"


def test_pages_travel_unpacked_and_files_packed(served: str, phone: Page) -> None:
    """A packed page would tell by its length what a stranger's guess has in common with its secrets (BREACH)."""
    encodings: dict[str, str] = {}
    phone.on(
        "response",
        lambda answer: encodings.update({answer.request.resource_type: answer.headers.get("content-encoding", "")}),
    )

    phone.goto(f"{served}/es/")

    assert encodings["document"] == ""
    assert encodings["stylesheet"] in ("gzip", "br")


def test_on_a_2g_line_the_start_page_is_soon_there(phone: Page, served: str) -> None:
    session = phone.context.new_cdp_session(phone)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)

    phone.goto(f"{served}/es/", timeout=120_000)

    times: dict[str, float] = phone.evaluate(
        """() => {
            const all = performance.getEntriesByType("navigation")[0];
            const painted = performance.getEntriesByName("first-contentful-paint")[0];
            return { readable: painted ? painted.startTime : all.domContentLoadedEventEnd, whole: all.loadEventEnd };
        }"""
    )
    print(
        f"\nstart page at 50 kbit/s and 400 ms: readable in {times['readable'] / 1000:.1f} s, all of it in "
        f"{times['whole'] / 1000:.1f} s"
    )
    # It was really slow, and really the page: how long it takes depends on the machine and is only told.
    assert times["whole"] > 1000
    assert phone.get_by_role("link", name="Pedir ayuda").is_visible()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("blocked", [("image", "font", "script"), ("image", "font", "script", "stylesheet")])
def test_a_request_is_sent_with_images_fonts_scripts_and_styles_blocked(
    browser: Browser, live_server: LiveServer, blocked: tuple[str, ...]
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.route("**/*", lambda route: route.abort() if route.request.resource_type in blocked else route.continue_())
    page.goto(f"{live_server.url}/")
    press(page, "main a[href='/en/']")
    press(page, "main a[href='/en/before/']")
    press(page)
    press(page)

    for question in PAGES:
        if f"/ask/{question.name}/" in page.url:
            fill_in(page, question.name)
    press(page)

    assert "/sent/" in page.url
    assert page.locator(".code").count() == 1
    close(context)
