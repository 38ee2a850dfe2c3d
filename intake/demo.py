"""Requests for the demo, filed as a family would file them; every name, number and place in them is made up."""

from datetime import datetime, timedelta

from django.utils import translation
from django.utils.datastructures import MultiValueDict
from django.utils.timezone import localtime

from accounts.models import User
from intake.actions import begin_draft, save_page, submit_draft
from intake.forms.family import UNKNOWN
from intake.forms.fields import NONE_OF_THESE
from referrals.facts import PLACE_UNKNOWN, Entry, Paper, Taken
from referrals.models import Case, DutyPhone, DutyShift

ON_CALL_FOR = timedelta(days=30)
# Minutes before the seed, language of the page, and what differs from ANSWERS.
REQUESTS: list[tuple[int, str, dict[str, str | list[str]]]] = [
    (
        6,
        "es",
        {"place": "whipple", "names": "Ejemplo Primero Demostración", "caller_name": "Mamá Ejemplo", "hours": "any"},
    ),
    (
        14,
        "es",
        {
            "taken_day": "ayer",
            "taken_time": "6 am",
            "place": "sherburne",
            "names": "Segunda Muestra Inventada",
            "a_number": "A000-222-333",
            "papers": [Paper.NOTICE_TO_APPEAR],
            "zip_code": "55404",
            "caller_name": "Hermano Muestra",
        },
    ),
    (
        21,
        "so",
        {
            "taken": Taken.EARLIER,
            "place": "freeborn",
            "entry": Entry.ADMITTED,
            "names": "Tusaale Saddexaad",
            "zip_code": "55454",
            "household": "6",
            "caller_name": "Walaal Tusaale",
        },
    ),
    (
        33,
        "en",
        {"place": PLACE_UNKNOWN, "entry": Entry.UNKNOWN, "names": "Sample Fourth", "caller_name": "Neighbor Sample"},
    ),
    (
        47,
        "hmn",
        {
            "taken": Taken.EARLIER,
            "place": "el-paso",
            "names": "Piv Txwv Tsib",
            "zip_code": "55411",
            "caller_name": "Viv Ncaus Piv Txwv",
            "shared": "must_not_know",
        },
    ),
    (
        95,
        "en",
        {
            "taken": Taken.NO,
            "names": "Pretend Sixth",
            "a_number": "000444555",
            "papers": [Paper.NOTICE_TO_APPEAR, Paper.HEARING_NOTICE],
            "hearing_day": "+40",
            "zip_code": "55412",
            "caller_name": "Pretend Sixth",
        },
    ),
    (
        140,
        "es",
        {
            "taken": Taken.NO,
            "papers": [Paper.HEARING_NOTICE],
            "hearing_day": "+8",
            "names": "Séptima De Mentira",
            "zip_code": "55432",
            "caller_name": "Séptima",
        },
    ),
    (
        260,
        "en",
        {
            "taken": Taken.EARLIER,
            "place": "kandiyohi",
            "papers": [Paper.FINAL_ORDER],
            "names": "Eighth Fictional",
            "zip_code": "55418",
            "household": "",
            "caller_name": "Spouse Fictional",
            "shared": "trusted",
        },
    ),
]
ANSWERS: dict[str, str | list[str]] = {
    "taken": Taken.JUST_NOW,
    "entry": Entry.UNINSPECTED,
    "is_minor": "no",
    "papers": [NONE_OF_THESE],
    "zip_code": "55407",
    "household": "4",
    "income": "0",
    "shared": "nobody",
    "may_contact": "yes",
    "may_text": "yes",
    "may_call": "yes",
    "hours": "day",
}


def seed(now: datetime) -> None:
    """Somebody is on call; then files the demo's requests, the oldest first."""
    if coordinator := User.objects.filter(email="coordinator@demo.example").first():
        DutyPhone.objects.create(user=coordinator, phone="+16125550161")
        DutyShift.objects.create(user=coordinator, begins_at=now - ON_CALL_FOR, ends_at=now + ON_CALL_FOR)
    for number, (minutes, language, differences) in reversed(list(enumerate(REQUESTS, start=1))):
        answers = ANSWERS | {"phone": f"612-555-01{number:02}", "text_language": language} | differences
        file_request(answers, language=language, now=now - timedelta(minutes=minutes))


def file_request(answers: dict[str, str | list[str]], *, language: str, now: datetime) -> Case:
    """Answers every page that is shown, through its form, and sends; ValueError for an answer a page refuses."""
    answers = {"spoken": language, **answers, "income": answers["income"] if answers["household"] else UNKNOWN}
    if (ahead := str(answers.get("hearing_day", ""))).startswith("+"):
        answers["hearing_day"] = (localtime(now) + timedelta(days=int(ahead))).date().isoformat()
    typed = MultiValueDict({name: value if isinstance(value, list) else [value] for name, value in answers.items()})
    with translation.override(language):
        draft = begin_draft(language=language, now=now).draft
        while page := draft.answers(now).next_page():
            form = draft.answers(now).form(page, typed)
            if not form.is_valid():
                raise ValueError(f"{page.name}: {form.errors.as_json()}")
            save_page(draft=draft, page_name=page.name, typed=form.to_typed())
        return submit_draft(draft=draft, now=now)
