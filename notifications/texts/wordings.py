"""The words of every text: neutral, because a phone may lie on a kitchen table.

No name, no court, no lawyer, nothing about immigration; no link. They say where to ask, not what happened.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext, gettext_noop, override

from notifications.texts.contexts import Context, HelplineOnly, Planned


@dataclass(frozen=True, slots=True)
class Wording:
    """Words in English, which are also their own key in the catalogs, and what they are filled with."""

    words: str
    context: type[Context] = HelplineOnly


TEMPLATES: dict[str, Wording] = {
    "opened": Wording(
        gettext_noop(
            "Help line: We received your request and are working on it. For news, use your code on our site or call "
            "%(helpline)s."
        )
    ),
    "request_info": Wording(
        gettext_noop(
            "Help line: We will call you soon with a few questions about your request. You can also call us: "
            "%(helpline)s."
        )
    ),
    "screened_out": Wording(
        gettext_noop(
            "Help line: There is news about your request, and we know others who can help. Please call %(helpline)s or "
            "use your code on our site."
        )
    ),
    "accepted": Wording(
        gettext_noop(
            "Help line: Good news. Someone will contact you soon to help you. Questions? Use your code on our site or "
            "call %(helpline)s."
        )
    ),
    "waitlisted": Wording(
        gettext_noop(
            "Help line: Your request is in line. We look for someone to help every day. For news, use your code on our "
            "site or call %(helpline)s."
        )
    ),
    "transferred": Wording(
        gettext_noop(
            "Help line: We are looking for someone else to help you. You do not have to do anything. Questions? Use "
            "your code on our site or call %(helpline)s."
        )
    ),
    "represented": Wording(
        gettext_noop(
            "Help line: Your request has moved forward. For news, use your code on our site or call %(helpline)s."
        )
    ),
    "closed": Wording(
        gettext_noop(
            "Help line: Our work on your request is done. If you need us again, call %(helpline)s or use your code on "
            "our site."
        )
    ),
    "clinic_seat": Wording(
        gettext_noop(
            "Help line: Something is planned for your request. For the day and the place, use your code on our site or "
            "call %(helpline)s."
        )
    ),
    "clinic_reminder": Wording(
        gettext_noop(
            "Help line: You have something coming up soon. For the day and the place, use your code on our site or "
            "call %(helpline)s. If you cannot come, please call."
        )
    ),
    # What staff begin from who write to a family by hand.
    "call_us": Wording(gettext_noop("Help line: Please call us about your request: %(helpline)s.")),
    # Of something on a day, for those who asked to be reminded of it.
    "reminder": Wording(
        gettext_noop(
            "Help line: You have something in %(days)s days, on %(weekday)s. For the place, use your code on our site "
            "or call %(helpline)s."
        ),
        Planned,
    ),
    "reminder_hour": Wording(
        gettext_noop(
            "Help line: You have something in %(days)s days, on %(weekday)s at %(hour)s. For the place, use your code "
            "on our site or call %(helpline)s."
        ),
        Planned,
    ),
    "reminder_tomorrow": Wording(
        gettext_noop(
            "Help line: You have something tomorrow, %(weekday)s. For the place, use your code on our site or call "
            "%(helpline)s."
        ),
        Planned,
    ),
    "reminder_tomorrow_hour": Wording(
        gettext_noop(
            "Help line: You have something tomorrow, %(weekday)s at %(hour)s. For the place, use your code on our site "
            "or call %(helpline)s."
        ),
        Planned,
    ),
    # Answers to what a family texts us.
    "received": Wording(
        gettext_noop(
            "Help line: We got your text. A person will read it. If it cannot wait, please call %(helpline)s now."
        )
    ),
    "help": Wording(
        gettext_noop(
            "Help line: We text you news about your request. Talk to a person: call %(helpline)s. To get no more "
            "texts, answer STOP."
        )
    ),
    "stopped": Wording(
        gettext_noop(
            "Help line: You will get no more texts. To get them again, answer START. You can still call us: "
            "%(helpline)s."
        )
    ),
    "started": Wording(
        gettext_noop(
            "Help line: You will get our texts again. To stop them, answer STOP. Questions? Call %(helpline)s."
        )
    ),
}


# What reminds, by day, of a date that a family named, and of a seat at a clinic.
REMINDER_OF_DATE, REMINDER_OF_SEAT = "reminder", "reminder_hour"
# What they say on the day before.
_TOMORROW = {REMINDER_OF_DATE: "reminder_tomorrow", REMINDER_OF_SEAT: "reminder_tomorrow_hour"}
# Whatever a message can be of; a reminder for tomorrow is a message of the reminder.
OF_MESSAGES = tuple(name for name in TEMPLATES if name not in _TOMORROW.values())
# How a request stands: the newest of these makes whichever of them still waits untrue.
NEWS = frozenset(
    {"opened", "request_info", "screened_out", "accepted", "waitlisted", "transferred", "represented", "closed"}
)


def render(template: str, language: str, context: Context | None = None) -> str:
    """The text of `template` in `language`, in English where it is not translated.

    KeyError for an unknown one; TypeError for a context that is not of the template's type.
    """
    wording = TEMPLATES[template]
    context = context or HelplineOnly()
    if not isinstance(context, wording.context):
        raise TypeError(f"{template} is filled with {wording.context.__name__}, not {type(context).__name__}")
    with override(language):
        return gettext(wording.words) % context.fields()


def example(template: str, language: str) -> str:
    """The text as it might go out: what is planned is planned for the longest weekday, at the longest hour."""
    if TEMPLATES[template].context is Planned:
        today = datetime(2026, 12, 2, 18, tzinfo=UTC)
        days = 1 if "tomorrow" in template else 7
        # In Minneapolis 12:30, on the days of the week one after another: whoever checks lengths takes each.
        return max(
            (
                render(template, language, Planned(at + timedelta(days=days, minutes=30), at))
                for at in (today + timedelta(days=day) for day in range(7))
            ),
            key=len,
        )
    return render(template, language)


def reminder_for(template: str, planned: Planned) -> str:
    """The reminder `template`, or the one that says "tomorrow"."""
    if planned.days == 1:
        return _TOMORROW.get(template, template)
    return template


def as_of(template: str, language: str, at: datetime | None, today: datetime) -> str:
    """The text as it stood on `today`; for a wording that says a day, of what is planned `at`, else an example."""
    if TEMPLATES[template].context is Planned and at is not None:
        planned = Planned(at, today)
        return render(reminder_for(template, planned), language, planned)
    return example(template, language)
