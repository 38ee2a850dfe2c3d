"""A family at the website: a client that walks the pages as a browser without scripts would."""

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

# What a mother types at 22:10 about her son who was taken today; obviously fake.
STORY: dict[str, dict[str, Any]] = {
    "taken": {"taken": "just_now", "taken_day": "", "taken_time": ""},
    "place": {"place": "whipple"},
    "entry": {"entry": "uninspected"},
    "person": {
        "names": "Testigo Ficticio Ñandú",
        "other_names": "Testigo Fictisio",
        "a_number": "A000-123-456",
        "is_minor": "no",
    },
    "papers": {"papers": ["none"], "hearing_day": ""},
    "home": {"zip_code": "55407"},
    "household": {"household": "4"},
    "income": {"income": "0"},
    "contact": {
        "caller_name": "Madre Inventada",
        "phone": "612-555-0123",
        "shared": "nobody",
        "code_word": "Jacaranda",
    },
    "reach": {"may_text": "yes", "may_call": "yes", "hours": "any", "text_language": "es"},
}


class Family:
    """One browser, one language."""

    def __init__(self, language: str = "en") -> None:
        self.client = Client()
        self.language = language

    def url(self, path: str) -> str:
        return f"/{self.language}/{path}"

    def get(self, path: str) -> HttpResponse:
        return self.client.get(self.url(path))  # type: ignore[return-value]

    def post(self, path: str, fields: dict[str, Any] | None = None) -> HttpResponse:
        return self.client.post(self.url(path), fields or {})  # type: ignore[return-value]

    def begin(self) -> str:
        """Agrees to the notice; returns the code, as 13 digits."""
        self.post("before/")
        return code_on(self.get("code/"))

    def answer(self, page: str, **changes: Any) -> HttpResponse:
        """Sends one page of the story, as shown, with some answers changed."""
        shown = text(self.get(f"ask/{page}/"))
        seen = re.search(r'name="saved_at" value="(\d+)"', shown)
        return self.post(f"ask/{page}/", STORY[page] | changes | {"saved_at": seen[1] if seen else "0"})

    def answer_all(self, **changes: dict[str, Any]) -> None:
        for page in STORY:
            self.answer(page, **changes.get(page, {}))

    def send(self) -> HttpResponse:
        shown = text(self.get("check/"))
        seen = re.search(r'name="revision" value="(\d+)"', shown)
        return self.post("check/", {"revision": seen[1] if seen else ""})


def text(response: HttpResponse) -> str:
    return response.content.decode()


def code_on(response: HttpResponse) -> str:
    """The return code that a page shows, as 13 digits."""
    found = re.search(r"\b(\d{4}) (\d{4}) (\d{5})\b", text(response))
    assert found, "no code on the page"
    return "".join(found.groups())


def without_token(response: HttpResponse) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text(response))
