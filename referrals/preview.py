"""What a family would be texted if a deed were done now, and whom it would reach: shown before anybody presses."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from notifications.selectors import recipients_of
from notifications.texts import render
from referrals.by_hand import text_of
from referrals.models import Case, Urgency

WHY_NOT = {
    "opted_out": "has answered STOP",
    "by_email": "is written to by e-mail, in the same words",
    "no_consent": "has not agreed to texts",
    "bad_number": "has a number that texts do not reach, and will be called",
    "phone_is_shared": "shares the phone with somebody who should not read them",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The text in one language, as it goes out, and to how many people."""

    language: str
    words: str
    people: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`wordings`: empty when nobody is texted. `waits_until`: when who sleeps now gets it. `others`: who gets none."""

    template: str
    wordings: list[Wording]
    in_english: str
    waits_until: datetime | None
    others: list[str]


def preview(deed: str, case: Case, *, now: datetime) -> Preview | None:
    """None for a deed that texts nobody by itself; else two things a coordinator must know: the words, and to whom."""
    template = text_of(deed)
    return preview_of(template, case, now=now) if template else None


def preview_of(template: str, case: Case, *, now: datetime) -> Preview:
    """What of `template` would go out now, and to whom."""
    people = recipients_of(case.pk, is_urgent=case.urgency == Urgency.T0, now=now)
    languages = Counter(one.language for one in people if one.arrives_at is not None)
    late = [one.arrives_at for one in people if one.arrives_at is not None and one.arrives_at > now]
    return Preview(
        template,
        [Wording(language, render(template, language), number) for language, number in languages.items()],
        render(template, "en") if set(languages) - {"en"} else "",
        min(late, default=None),
        _others(Counter(one.why_not for one in people if one.arrives_at is None)) if people else ["Nobody is known."],
    )


def _others(reasons: Counter[str]) -> list[str]:
    return [
        f"{'One person' if number == 1 else f'{number} people'}: {WHY_NOT[why]}." for why, number in reasons.items()
    ]
