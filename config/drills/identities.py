"""Marked identities: made-up people whose every word can be told apart from anything a program writes by itself.

Names share a beginning per kind, numbers a range that is kept for fiction, so that thousands of words are found
quickly (config/drills/search.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from privacy import return_codes

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# 555-0100 to 555-0199 belong to nobody, in every area code; our help line's own area code is left out.
_AREAS = ("651", "763", "952", "320", "218", "507")
_CODES_BEGIN, _WRONG_CODES_BEGIN = "907077", "907078"
MOST = 100 * len(_AREAS)


@dataclass(frozen=True)
class Identity:
    """One family: number 0 to 599. Even ones write in Spanish; how numbers are typed varies too."""

    number: int

    @property
    def language(self) -> str:
        return ("es", "en")[self.number % 2]

    @property
    def names(self) -> str:
        return f"Kanarwex{self._suffix} Ficticia"

    @property
    def other_names(self) -> str:
        return f"Ñuzqivar{self._suffix}"

    @property
    def caller_name(self) -> str:
        return f"Wolprecht{self._suffix} Inventada"

    @property
    def code_word(self) -> str:
        return f"Jubolkan{self._suffix}"

    @property
    def story(self) -> str:
        """What staff writes down of a call."""
        return f"Zitrablo{self._suffix}"

    @property
    def a_number(self) -> str:
        return self._a_numbers[self.number % len(self._a_numbers)]

    @property
    def phone(self) -> str:
        return self._phones[self.number % len(self._phones)]

    @property
    def wrong_code(self) -> str:
        return marked_code(_WRONG_CODES_BEGIN, self.number)

    def words(self) -> Iterator[str]:
        """Each word that must be found nowhere, in every way people write it."""
        for token in (self.names, self.other_names, self.caller_name, self.code_word, self.story):
            yield token.split()[0]
        yield from self._a_numbers
        yield from self._phones
        yield from written(self.wrong_code)

    def answers(self) -> dict[str, dict[str, str | list[str]]]:
        """What the family answers on each page, as its form sends it."""
        held = self.number % 3 != 2
        papers = ["none"] if held else ["hearing_notice"]
        return {
            "language": {"spoken": self.language},
            "you": {"caller_name": self.caller_name, "relation": "child"},
            "contact": {"phone": self.phone, "shared": "nobody", "code_word": self.code_word},
            "reach": {"may_text": "yes", "may_call": "yes", "hours": "any", "text_language": self.language},
            "taken": {"taken": "just_now" if held else "no", "taken_day": "", "taken_time": ""},
            "person": {"names": self.names, "other_names": self.other_names, "a_number": self.a_number},
            "place": {"place": "whipple"},
            "papers": {"papers": papers},
            "dates": {"flight": "no"},
            "signed": {"signed": "no"},
            "afraid": {"afraid": "unknown"},
            "entry": {"entry": "uninspected"},
            "orders": {"orders": ["none"]},
            "past": {"criminal": "no"},
            "harm": {"harm": ["none"]},
            "care": {"is_minor": "no"},
            "helped": {"has_lawyer": "no"},
            "wish": {"wish": "unknown"},
            "home": {"zip_code": "55407"},
            "household": {"household": "4"},
            "income": {"income": "0"},
            "consent": {"may_contact": "yes"},
            "heard": {"heard": "unknown"},
        }

    @property
    def _suffix(self) -> str:
        return "".join(_LETTERS[self.number // 26**place % 26] for place in range(3))

    @property
    def _a_numbers(self) -> list[str]:
        last = f"{777_000 + self.number}"
        digits = f"000{last}"
        return [
            digits,
            f"A{digits}",
            f"000-{last[:3]}-{last[3:]}",
            f"A000 {last[:3]} {last[3:]}",
            f"000 {last[:3]} {last[3:]}",
        ]

    @property
    def _phones(self) -> list[str]:
        area, last = _AREAS[self.number % len(_AREAS)], f"01{self.number // len(_AREAS):02}"
        return [
            f"({area}) 555-{last}",
            f"{area}-555-{last}",
            f"+1{area}555{last}",
            f"{area}555{last}",
            f"{area}.555.{last}",
            f"{area} 555 {last}",
        ]


def people(many: int) -> list[Identity]:
    """So many different identities; ValueError above 600."""
    if not 0 < many <= MOST:
        raise ValueError(f"between 1 and {MOST} identities can be told apart")
    return [Identity(number) for number in range(many)]


def marked_code(beginning: str, number: int) -> str:
    """A return code with a right check digit that begins as no other does."""
    digits = f"{beginning}{number:06}"
    return next(code for last in range(10) if (code := return_codes.parse(f"{digits}{last}")))


def written(code: str) -> list[str]:
    """A code as it is typed, shown and read out."""
    return [code, return_codes.show(code), return_codes.show(code).replace(" ", "-")]


class MarkedCodes:
    """In place of `return_codes.generate`: codes that can be searched for; remembers those it gave."""

    def __init__(self) -> None:
        self._numbers = count()
        self.given: list[str] = []

    def __call__(self) -> str:
        self.given.append(marked_code(_CODES_BEGIN, next(self._numbers)))
        return self.given[-1]
