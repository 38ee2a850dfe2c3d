"""How a name sounds, so that two relatives who spell it differently are recognized as asking about one person.

A skeleton of consonants, coarse on purpose: it is only ever compared together with the birth day, and a person decides.
It hears Spanish, Somali, Hmong and English spellings in Latin letters; names in other letters have no sound.
"""

import re
import unicodedata
from datetime import date
from typing import Any

# A person's sounds beyond these say little more, and each is rows of the index.
MOST_SOUNDS = 5

_BETWEEN_PARTS = re.compile(r"[^a-z]+")
_INSIDE_PARTS = re.compile(r"['’ʻʼ`]")
# "de la Cruz", "bin Ali": joined to a name by some, left out by others.
_PARTICLES = frozenset(("de", "del", "la", "las", "los", "da", "do", "dos", "bin", "bint", "ibn", "al", "el"))
# The clans in Hmong's own spelling, in which the last letter is a tone, and as papers in English write them.
_HMONG_CLANS = {
    "faj": "fang", "ham": "hang", "hawj": "her", "khab": "khang", "koo": "kong", "kwm": "kue", "lauj": "lor",
    "lis": "lee", "muas": "moua", "phab": "pha", "thoj": "thao", "tsab": "chang", "tsheej": "cheng", "tswb": "chue",
    "vaj": "vang", "vwj": "vue", "xyooj": "xiong", "yaj": "yang",
}  # fmt: skip
# Somali writes the throat's sound as c, which English leaves out: Cabdi and Abdi, Cali and Ali. Carlos keeps his.
_SOMALI_C = re.compile(r"^c(?=abd|ali$|aliy|a+sh|awil|umar|i+s|ismaa?n|usmaa?n)")
# In this order: what is heard as one sound however it is written.
_HEARD: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), heard)
    for pattern, heard in (
        ("ph", "f"),
        ("sch|sh", "s"),
        ("ch", "ç"),
        # miGuel, but not Gerardo and Gimenez, which begin like Jimenez and Ximenez.
        ("g[uü](?=[ei])", "ɡ"),
        ("g(?=[ei])", "h"),
        ("q[uü]?", "k"),
        ("c(?=[ei])|z", "s"),
        ("c", "k"),
        ("ç", "c"),
        ("ɡ", "g"),
        ("v", "b"),
        # As a consonant y is ll, and ll is often written l.
        ("y(?=[aeiou])", "l"),
        # j, x and h are one breath, written by some and left out by others: Mohamed and Maxamed, Hernandez, Ernandez.
        ("[hjx]", "h"),
        ("w", "u"),
        ("y", "i"),
        (r"(.)\1+", r"\1"),
    )
)
_VOWELS = str.maketrans("eiou", "iiuu")


def sound_of(part: str) -> str:
    """The sound of one part of a name in lower-case ASCII letters: the same for every usual spelling of it."""
    heard = _HMONG_CLANS.get(part) or _SOMALI_C.sub("", part)
    for pattern, written in _HEARD:
        heard = pattern.sub(written, heard)
    skeleton = re.sub("[aeiouh]", "", heard)
    if re.match("[aeiouh]", heard):
        skeleton = f"-{skeleton}"
    if len(skeleton.strip("-")) < 2:
        # Too short to tell Lee from Lor without a vowel.
        first = re.search("[aeiou]", heard)
        skeleton += first[0].translate(_VOWELS) if first else ""
    return skeleton


def sounds(*names: str) -> list[str]:
    """The different sounds of a person's names, in the order written, at most `MOST_SOUNDS`."""
    heard: dict[str, None] = {}
    for name in names:
        for part in _BETWEEN_PARTS.split(_folded(_INSIDE_PARTS.sub("", name))):
            if len(part) > 1 and part not in _PARTICLES:
                heard[sound_of(part)] = None
    return list(heard)[:MOST_SOUNDS]


# What families write, in four languages, for the countries most of them come from.
_COUNTRIES = {
    "united states": "estados unidos, ee uu, eeuu, usa, us, u s, u s a, america, maraykanka, mareykanka, asmesliskas",
    "mexico": "mexiko, mejico, meksiko",
    "somalia": "soomaaliya, somaliya",
    "kenya": "kenia, kiinya",
    "ethiopia": "etiopia, itoobiya",
    "laos": "lao, los tsuas, nplog, teb los tsuas, tebchaws nplog",
    "thailand": "tailandia, tailan, thaib, thaib teb",
    "el salvador": "salvador",
    "dominican republic": "republica dominicana, rep dominicana",
    "brazil": "brasil",
}
_COUNTRY_OF = {alias: name for name, aliases in _COUNTRIES.items() for alias in aliases.split(", ")}


def country_of(typed: str) -> str:
    """A country of birth written one way; "" for nothing, and what nobody listed stays as it was written."""
    words = " ".join(_BETWEEN_PARTS.split(_folded(typed))).strip()
    return _COUNTRY_OF.get(words, words)


def birth_day_of(value: Any) -> str:
    """A birth day as `YYYY-MM-DD`; "" for none, and for a year alone, which is no day."""
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return ""


def _folded(text: str) -> str:
    """Lower case without accents: ñ is n."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
