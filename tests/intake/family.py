"""A family at the website: a client that walks the pages as a browser without scripts would."""

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from intake.questions import BY_NAME, PAGES, Page

# What a mother types at 22:10 about her son who was taken today; obviously fake.
STORY: dict[str, dict[str, Any]] = {
    "language": {"spoken": "es", "other_language": "", "reading": "talk"},
    "you": {"caller_name": "Madre Inventada", "relation": "child"},
    "contact": {"phone": "612-555-0123", "shared": "nobody", "code_word": "Jacaranda"},
    "reach": {"may_text": "yes", "may_call": "yes", "may_voicemail": "no", "hours": "any", "text_language": "es"},
    "taken": {"taken": "just_now", "taken_day": "", "taken_time": "", "taken_where": "work"},
    "person": {
        "names": "Testigo Ficticio Ñandú",
        "other_names": "Testigo Fictisio",
        "birth_day": "5/28/1990",
        "country": "Ecuador",
        "a_number": "A000-123-456",
    },
    "place": {"place": "whipple", "place_source": "they_called"},
    "papers": {"papers": ["none"]},
    "dates": {"flight": "no", "hearing_day": "", "date_kind": ""},
    "signed": {"signed": "no"},
    "afraid": {"afraid": "unknown"},
    "entry": {"entry": "uninspected", "time_here": "over_2", "claim": "no"},
    "orders": {"orders": ["none"], "decision": "none"},
    "past": {"criminal": "no"},
    "harm": {"harm": ["none"], "pending": ["none"]},
    "care": {"is_minor": "no", "has_parent": "", "needs": ["none"], "care_note": ""},
    "helped": {"has_lawyer": "no", "lawyer_name": ""},
    "wish": {"wish": "unknown"},
    "home": {"zip_code": "55407", "in_city": "yes"},
    "household": {"household": "4"},
    "income": {"income": "0"},
    "consent": {"may_contact": "yes", "may_remind": "yes"},
    "heard": {"heard": "family"},
}
# The pages that a family is shown whose person is held.
SHOWN = [name for name in STORY if name != "wish"]


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
        for page in BY_NAME:
            if any(shown.name == page for shown in self._shown(changes)):
                self.answer(page, **changes.get(page, {}))

    def _shown(self, changes: dict[str, dict[str, Any]]) -> list[Page]:
        """The pages asked of a family with these answers."""
        told = {page: STORY[page] | changes.get(page, {}) for page in STORY}
        typed = {
            page: {name: value if isinstance(value, list) else [str(value)] for name, value in fields.items()}
            for page, fields in told.items()
        }
        return [page for page in PAGES if page.shown(typed)]

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
