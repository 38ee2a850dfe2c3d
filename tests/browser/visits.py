"""How a browser gets to every page and every error of a form; a route without a visit fails the test beside this."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.contrib import admin
from django.utils import timezone
from playwright.sync_api import Page

from accounts.roles import Role
from intake.advice import SITUATIONS
from intake.questions import BY_NAME, PAGES
from notifications import delivery, inbound
from notifications.models import Message
from notifications.quiet_hours import may_arrive
from tests.browser import (
    billing_visits,
    desk_visits,
    family_error_visits,
    fault_visits,
    follow_up_visits,
    phone_visits,
    release_visits,
    second_factor_visits,
    vault_visits,
)
from tests.browser.going import Visit, at, open_, visit
from tests.browser.world import World
from tests.story.family import choose, press

LANGUAGES = ("en", "es", "so", "hmn")
# Where a wrong answer shows an error, and what to type for it.
WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "taken": {"taken_day": "31 February"},
    "person": {"a_number": "letters"},
    "dates": {"hearing_day": "13/45/2026"},
    "care": {"care_note": "612-555-0188"},
    "home": {"zip_code": "abc"},
    "household": {"household": "many"},
    "contact": {"phone": "12"},
}


def every_visit() -> Iterator[Visit]:
    yield Visit("", "language choice", None, lambda world, page: open_(world, page, "/"))
    for language in LANGUAGES:
        yield from family_visits(language)
    yield from staff_visits()
    yield from admin_visits()


def family_visits(language: str) -> Iterator[Visit]:
    """In the order a family sees them: the later ones need the draft that the earlier ones began."""

    def visit(route: str, name: str, go: Callable[[World, Page], None], *, is_looked_at: bool = True) -> Visit:
        return Visit(f"<lang>/{route}", f"{name} {language}", None, go, language, is_looked_at)

    home = f"/{language}/"

    def begin(world: World, page: Page) -> None:
        page.context.clear_cookies()
        open_(world, page, f"{home}before/")
        press(page)

    def wrong_code(world: World, page: Page) -> None:
        open_(world, page, f"{home}status/")
        page.fill("input[name=code]", "1234")
        press(page)

    yield visit("", "start", at(home))
    yield from family_error_visits.before_a_draft(visit, home)
    yield visit("right-now/", "right now", at(f"{home}right-now/"))
    yield from fault_visits.of_a_family(visit, home)
    yield visit("advice/", "only advice", at(f"{home}advice/"))
    for situation in SITUATIONS:
        yield visit("advice/<slug:name>/", f"advice {situation.name}", at(f"{home}advice/{situation.name}/"))
    yield visit("check/", "no draft", at(f"{home}check/"))
    yield visit("before/", "notice", at(f"{home}before/"))
    yield visit("status/", "status", at(f"{home}status/"))
    yield visit("status/lost/", "lost code", at(f"{home}status/lost/"))
    yield visit("legal-demands/", "legal demands", at(f"{home}legal-demands/"))
    yield visit("legal-demands/list/", "what could be handed over", at(f"{home}legal-demands/list/"))
    yield visit("status/", "status with a wrong code", wrong_code)
    yield visit("code/", "code", begin)
    yield visit("before/", "notice with a draft", at(f"{home}before/"))
    for question in PAGES:
        yield from question_visits(visit, home, question.name)
    yield from family_error_visits.answered(visit, home)
    yield visit("check/", "check", at(f"{home}check/"))

    def send(world: World, page: Page) -> None:
        open_(world, page, f"{home}check/")
        press(page)

    yield visit("sent/", "sent", send)
    yield from family_error_visits.sent(visit, home)
    yield visit("sent/receipt/", "receipt", at(f"{home}sent/receipt/"))

    def status_of_case(world: World, page: Page) -> None:
        open_(world, page, f"{home}sent/")
        code = page.inner_text(".code")
        open_(world, page, f"{home}status/")
        page.fill("input[name=code]", code)
        press(page)

    yield visit("status/", "status of a case", status_of_case)
    yield from rights_visits(visit, f"{home}status/yours/")


def rights_visits(visit: Callable[..., Visit], yours: str) -> Iterator[Visit]:
    """What the code opens, in the browser in which it was typed a moment ago."""

    def press_empty(path: str) -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            open_(world, page, path)
            press(page, "main button[type=submit]")

        return go

    def ask_for_copy(world: World, page: Page) -> None:
        open_(world, page, f"{yours}data/")
        press(page, "button[value=copy]")

    def money(world: World, page: Page) -> None:
        open_(world, page, f"{yours}change/income/")
        page.fill("[name=household]", "2")
        press(page, "main button[type=submit]")

    one_page = "status/yours/change/<slug:page_name>/"
    yield visit("status/yours/change/", "which page to correct", at(f"{yours}change/"))
    for question in PAGES:
        yield visit(one_page, f"correcting {question.name}", at(f"{yours}change/{question.name}/"))
    yield visit(one_page, "correcting income with the household", money)
    yield visit(one_page, "a correction with an error", press_empty(f"{yours}change/home/"))
    yield visit("status/yours/stop/", "what to stop", at(f"{yours}stop/"))
    yield visit("status/yours/stop/", "what to stop with an error", press_empty(f"{yours}stop/"))
    yield visit("status/yours/data/", "the data", at(f"{yours}data/"))
    yield visit("status/yours/", "status with what was asked", ask_for_copy)
    yield visit("status/yours/data/", "the data with what was asked", at(f"{yours}data/"))
    yield visit("status/yours/back/", "taking back", at(f"{yours}back/"))
    yield visit("status/yours/", "status of a case taken back", press_empty(f"{yours}back/"))
    yield visit("status/yours/back/", "nothing to take back", at(f"{yours}back/"))
    yield visit("status/yours/change/", "nothing to correct any more", at(f"{yours}change/"))


def question_visits(visit: Callable[..., Visit], home: str, name: str) -> Iterator[Visit]:
    route = "ask/<slug:page_name>/"
    path = f"{home}ask/{name}/"

    def mistake(world: World, page: Page) -> None:
        open_(world, page, path)
        for field, typed in WRONG_ANSWERS.get(name, {}).items():
            page.fill(f"[name={field}]", typed)
        for value in WRONG_TICKS.get(name, ()):
            page.click(f"label[for={page.get_attribute(f'input[name={name}][value={value}]', 'id')}]")
        press(page)

    def answered(world: World, page: Page) -> None:
        open_(world, page, path)
        fill_in(page, name)

    yield visit(route, f"question {name}", at(path))
    # Where every answer may stay open and none can be wrong, there is no error to look at.
    if not BY_NAME[name].may_skip or name in WRONG_ANSWERS or name in WRONG_TICKS:
        yield visit(route, f"question {name} with an error", mistake)
    yield visit(route, f"answering {name}", answered, is_looked_at=False)


# Where two answers that exclude each other show an error, and which to tick.
WRONG_TICKS = {"papers": ("none", "nta"), "orders": ("none", "missed_court"), "harm": ("none", "crime")}


# The right answers of each page: what to tap (field: value) and what to type (field: words).
TAPPED = {
    "language": {"spoken": "es"},
    "contact": {"shared": "nobody"},
    "reach": {"may_text": "yes", "may_call": "no", "hours": "day"},
    "taken": {"taken": "just_now"},
    "place": {"place": "whipple"},
    "income": {"income": "0"},
    "consent": {"may_contact": "yes"},
}
TYPED = {
    "you": {"caller_name": "Test Caller"},
    "contact": {"phone": "612-555-0177"},
    "taken": {"taken_day": ""},
    "home": {"zip_code": "55407"},
    "household": {"household": "2"},
}


def fill_in(page: Page, name: str) -> None:
    """The right answers of one page, then on; "I don't know" where there are none."""
    if name not in TAPPED | TYPED:
        press(page, "button[name=dont_know]")
        return
    for field, typed in TYPED.get(name, {}).items():
        page.fill(f"[name={field}]", typed)
    for field, value in TAPPED.get(name, {}).items():
        choose(page, field, value)
    press(page)


def staff_visits() -> Iterator[Visit]:
    yield from case_visits()
    yield from phone_visits.every_visit()
    yield from sealed_visits()
    yield from duplicate_visits()
    yield from provider_visits()
    yield from follow_up_visits.every_visit()
    yield from money_visits()
    yield from sign_in_visits()
    yield from second_factor_visits.second_factor_visits()
    yield from vault_visits.every_visit()
    yield from handset_visits()
    yield visit("staff/cases/", "not your page", Role.FUNDER, at("/staff/cases/"))
    yield visit("staff/cases/<reference:reference>/", "no such case", Role.COORDINATOR, at("/staff/cases/AAA-AAA/"))


def handset_visits() -> Iterator[Visit]:
    def thread(world: World, page: Page) -> None:
        now = timezone.now()
        for message in Message.objects.filter(case_id=world.cases["filed"].pk, state="queued"):
            due = max(now, message.send_after)
            # At whatever hour this runs: half a day after a night hour is a day hour.
            delivery.deliver(message.pk, now=due if may_arrive(due) else due + timedelta(hours=12))
        open_(world, page, "/handset/")
        page.fill("main form [name=body]", "What is the news?")
        press(page, "main form button")
        inbound.file_waiting(now)

    def without_words(world: World, page: Page) -> None:
        open_(world, page, "/handset/")
        press(page, "main form button")

    yield visit("handset/", "handset", None, at("/handset/"))
    yield visit("handset/", "handset with a thread", None, thread)
    yield visit("handset/", "handset with an error", None, without_words)


def case_visits() -> Iterator[Visit]:
    def case_page(state: str) -> Callable[[World, Page], None]:
        return lambda world, page: open_(world, page, f"/staff/cases/{world.cases[state].reference}/")

    for state in ("represented", "accepted", "provisional", "offered", "unclear", "waiting", "needs_info"):
        yield visit("staff/cases/<reference:reference>/", f"case {state}", Role.COORDINATOR, case_page(state))
    yield visit("staff/cases/", "queue", Role.COORDINATOR, at("/staff/cases/"))
    yield visit("staff/cases/", "queue of an auditor", Role.AUDITOR, at("/staff/cases/"))

    yield from desk_visits.every_visit()


def sealed_visits() -> Iterator[Visit]:
    def opening(world: World, page: Page) -> None:
        open_(world, page, f"/staff/cases/{world.cases['offered'].reference}/open/facts/")

    def opening_without_reason(world: World, page: Page) -> None:
        opening(world, page)
        press(page)

    route = "staff/cases/<reference:reference>/open/<slug:kind>/"
    yield visit(route, "open a document", Role.COORDINATOR, opening)
    yield visit(route, "open without a reason", Role.COORDINATOR, opening_without_reason)

    def ask_for_answers(world: World, page: Page) -> None:
        open_(world, page, f"/staff/cases/{world.cases['needs_info'].reference}/answers/")

    def answers(world: World, page: Page) -> None:
        ask_for_answers(world, page)
        press(page)

    def wrong_answers(world: World, page: Page) -> None:
        answers(world, page)
        page.fill("[name=zip_code]", "abc")
        press(page)

    route = "staff/cases/<reference:reference>/answers/"
    yield visit(route, "why open the answers", Role.COORDINATOR, ask_for_answers)
    yield visit(route, "answers", Role.COORDINATOR, answers)
    yield visit(route, "answers with an error", Role.COORDINATOR, wrong_answers)


def duplicate_visits() -> Iterator[Visit]:
    def listed(world: World, page: Page) -> None:
        open_(world, page, f"/staff/cases/{world.cases['asked_again'].reference}/duplicates/")

    def without_reason(world: World, page: Page) -> None:
        listed(world, page)
        press(page)

    def side_by_side(world: World, page: Page) -> None:
        listed(world, page)
        choose(page, "reason", "compare")
        press(page)

    def of_another(world: World, page: Page) -> None:
        open_(world, page, f"/staff/cases/{world.cases['offered'].reference}/duplicates/")

    def named_wrongly(world: World, page: Page) -> None:
        of_another(world, page)
        page.fill("[name=number]", "AAA-AAA")
        press(page, "form:has([name=number]) button")

    route = "staff/cases/<reference:reference>/duplicates/"
    yield visit(route, "a request to compare that is not there", Role.COORDINATOR, named_wrongly)
    yield visit(route, "duplicates", Role.COORDINATOR, listed)
    yield visit(route, "duplicates without a reason", Role.COORDINATOR, without_reason)
    yield visit(route, "two cases side by side", Role.COORDINATOR, side_by_side)
    yield visit(route, "no duplicates", Role.COORDINATOR, of_another)


def provider_visits() -> Iterator[Visit]:
    def offer(world: World, page: Page) -> None:
        assert world.offer
        open_(world, page, f"/staff/offers/{world.offer.pk}/")

    def decline_without_reason(world: World, page: Page) -> None:
        offer(world, page)
        press(page, "button:text-is('Decline')")

    def names_to_check(world: World, page: Page) -> None:
        offer = world.cases["filed"].offers.get(state="live")
        open_(world, page, f"/staff/offers/{offer.pk}/")
        press(page, "button:has-text('Open the names')")

    def checked(world: World, page: Page) -> None:
        names_to_check(world, page)
        if page.locator("button:has-text('No conflict')").count():
            press(page, "button:has-text('No conflict')")
        else:
            offer = world.cases["filed"].offers.get(state="live")
            open_(world, page, f"/staff/offers/{offer.pk}/")

    route = "staff/cases/<reference:reference>/open/<slug:kind>/"
    yield visit(route, "names before the conflict check", Role.PROVIDER_LEAD, names_to_check)
    yield visit("staff/offers/<uuid:offer_id>/", "offer after the check", Role.PROVIDER_LEAD, checked)
    yield visit("staff/offers/", "offers", Role.PROVIDER_LEAD, at("/staff/offers/"))
    yield visit("staff/offers/<uuid:offer_id>/", "offer", Role.PROVIDER_LEAD, offer)
    yield visit(
        "staff/offers/<uuid:offer_id>/decline/", "decline with an error", Role.PROVIDER_LEAD, decline_without_reason
    )
    yield from clock_visits()
    yield visit("staff/room/", "room", Role.PROVIDER_LEAD, at("/staff/room/"))
    yield visit("staff/room/", "room of all", Role.COORDINATOR, at("/staff/room/"))

    def ceiling_too_low(world: World, page: Page) -> None:
        open_(world, page, "/staff/room/")
        page.fill("[name=ceiling] >> nth=0", "1")
        press(page, "button:has-text('Save') >> nth=0")

    yield visit("staff/room/<int:program_id>/ceiling/", "ceiling with an error", Role.PROVIDER_LEAD, ceiling_too_low)

    def press_in(fold: str, button: str, **typed: str) -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            open_(world, page, "/staff/room/")
            page.click(f"summary:has-text('{fold}') >> nth=0")
            for name, words in typed.items():
                page.fill(f"details[open] [name={name}]", words)
            press(page, f"details[open] button:has-text('{button}')")

        return go

    one = "staff/room/<int:program_id>/"
    past = {"until_0": "1", "until_1": "2", "until_2": "2020"}
    in_past = press_in("Pause new offers", "Pause", **past)
    yield visit(f"{one}pause/", "pause with an error", Role.PROVIDER_LEAD, in_past)
    without_days = press_in("Close for some days", "Close on these days")
    yield visit(f"{one}close/", "closed days with an error", Role.PROVIDER_LEAD, without_days)
    nowhere = press_in("Languages and places", "Save", us_states="Minnesota")
    yield visit(f"{one}limits/", "limits with an error", Role.PROVIDER_LEAD, nowhere)


def clock_visits() -> Iterator[Visit]:
    def make(world: World, page: Page) -> None:
        open_(world, page, "/staff/calendar/")
        press(page, "button:has-text('Make a')")

    table = "staff/deadlines/"
    counted = "/staff/deadlines/?code=BIA30&trigger=2026-10-30"
    yield visit(table, "legal clocks", Role.COORDINATOR, at("/staff/deadlines/"))
    yield visit(table, "a clock counted", Role.PROVIDER_LEAD, at(counted))
    yield visit(table, "a clock with an error", Role.COORDINATOR, at("/staff/deadlines/?code=NOPE&trigger=soon"))
    yield visit("staff/calendar/", "my calendar", Role.PROVIDER_LEAD, at("/staff/calendar/"))
    yield visit("staff/calendar/", "my calendar's address", Role.PROVIDER_LEAD, make)


def money_visits() -> Iterator[Visit]:
    yield visit("staff/money/", "money", Role.FINANCE, at("/staff/money/"))
    yield from billing_visits.every_visit()
    yield from release_visits.every_visit()


def sign_in_visits() -> Iterator[Visit]:
    def wrong_password(world: World, page: Page) -> None:
        open_(world, page, "/staff/sign-in/")
        page.fill("[name=login]", "nobody@test.example")
        page.fill("[name=password]", "wrong")
        press(page, "main button[type=submit]")

    def bad_reset(world: World, page: Page) -> None:
        open_(world, page, "/staff/password/reset/")
        page.fill("[name=email]", "nobody")
        press(page, "main button[type=submit]")

    yield visit("staff/sign-in/", "sign in", None, at("/staff/sign-in/"))
    yield visit("staff/sign-in/", "sign in with an error", None, wrong_password)
    yield from fault_visits.of_staff()
    yield visit("staff/inactive/", "inactive", None, at("/staff/inactive/"))
    yield visit("staff/password/change/", "change password", Role.COORDINATOR, at("/staff/password/change/"))
    yield visit("staff/password/reset/", "reset password", None, at("/staff/password/reset/"))
    yield visit("staff/password/reset/", "reset with an error", None, bad_reset)
    yield visit("staff/password/reset/sent/", "reset sent", None, at("/staff/password/reset/sent/"))
    yield visit("staff/password/reset/done/", "reset done", None, at("/staff/password/reset/done/"))
    yield visit(
        "staff/^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        "reset with a dead link",
        None,
        at("/staff/password/reset/1-dead-link/"),
    )


def admin_visits() -> Iterator[Visit]:
    """The tables' editor: index, and of each model the list and what may be added."""
    base = "staff/admin/"
    yield Visit(base, "admin index", Role.OPERATOR, at("/staff/admin/"))
    for model in admin.site._registry:
        name = f"{model._meta.app_label}/{model._meta.model_name}/"
        yield Visit(base + name, f"admin {name}", Role.OPERATOR, at(f"/staff/admin/{name}"))
