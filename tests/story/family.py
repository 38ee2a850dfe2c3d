"""A mother on a phone: what she types, page by page, in a browser without scripts."""

from dataclasses import dataclass

from playwright.sync_api import Page

NEXT = "main form.form button[type=submit]:not([name])"


@dataclass(frozen=True)
class Answers:
    """What one family types; nothing of it may be found in any database afterwards."""

    names: str = "Prueba Inventada Ejemplo"
    other_names: str = "Ñandú Ficticio"
    a_number: str = "A000 123 456"
    phone: str = "612-555-0142"
    caller_name: str = "Doña Nadie"
    code_word: str = "Jacaranda Azul"
    zip_code: str = "55407"
    text_language: str = "es"
    # Empty where the test runs by the real clock, at whatever hour.
    taken_time: str = "6 pm"
    # Numbers as they may have been written elsewhere.
    also: tuple[str, ...] = ("000123456", "+16125550142", "6125550142", "(612) 555-0142")

    def secrets(self) -> list[str]:
        return [self.names, self.other_names, self.a_number, self.phone, self.caller_name, self.code_word, *self.also]


def press(page: Page, selector: str = NEXT) -> None:
    """Clicks what leads to another page, and waits until that is there."""
    with page.expect_navigation():
        page.click(selector)


def choose(page: Page, name: str, value: str) -> None:
    """Taps the label: the design system draws its own circle and keeps the browser's out of view."""
    identity = page.get_attribute(f"input[name={name}][value='{value}']", "id")
    page.click(f"label[for={identity}]")


def file_request(page: Page, address: str, language: str, answers: Answers) -> str:
    """Walks from the language page to "sent" as the mother of a son taken today; returns the return code."""
    page.goto(f"{address}/")
    press(page, f"main a[href='/{language}/']")
    press(page, f"main a[href='/{language}/before/']")
    press(page)
    code = page.inner_text(".code")
    press(page)
    dont_know = "button[name=dont_know]"
    choose(page, "spoken", answers.text_language)
    press(page)
    page.fill("[name=caller_name]", answers.caller_name)
    choose(page, "relation", "child")
    press(page)
    page.fill("[name=phone]", answers.phone)
    choose(page, "shared", "nobody")
    page.fill("[name=code_word]", answers.code_word)
    press(page)
    choose(page, "may_text", "yes")
    choose(page, "may_call", "yes")
    choose(page, "hours", "any")
    choose(page, "text_language", answers.text_language)
    press(page)
    choose(page, "taken", "just_now")
    page.fill("input[name=taken_day]", "hoy" if language == "es" else "today")
    page.fill("input[name=taken_time]", answers.taken_time)
    press(page)
    page.fill("[name=names]", answers.names)
    page.fill("[name=other_names]", answers.other_names)
    page.fill("[name=a_number]", answers.a_number)
    press(page)
    choose(page, "place", "whipple")
    press(page)
    for _page in ("papers", "dates", "signed", "afraid"):
        press(page, dont_know)
    choose(page, "entry", "uninspected")
    press(page)
    for _page in ("orders", "criminal", "harm"):
        press(page, dont_know)
    choose(page, "is_minor", "no")
    press(page)
    press(page, dont_know)
    page.fill("[name=zip_code]", answers.zip_code)
    press(page)
    page.fill("[name=household]", "3")
    press(page)
    page.click("label[for=id_income_1]")
    press(page)
    choose(page, "may_contact", "yes")
    press(page)
    press(page, dont_know)
    press(page)
    assert "/sent/" in page.url, page.inner_text("main")
    assert page.inner_text(".code") == code
    return code


def look_up(page: Page, address: str, language: str, code: str) -> str:
    """What the status page says for the code."""
    page.goto(f"{address}/{language}/status/")
    page.fill("input[name=code]", code)
    press(page)
    return page.inner_text("main")
