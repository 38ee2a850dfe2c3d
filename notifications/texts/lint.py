"""What no text may say, because a phone may lie on a kitchen table: used on our own wordings and on edited ones.

The lists hold words of the four languages, and err to the careful side: a coordinator who meets one writes around it.
"""

import re
import unicodedata

from notifications.segments import size_of

MOST_SEGMENTS = 2
_TELLTALE = re.compile(
    r"\b("
    r"ice|dhs|cbp|uscis|eoir|border patrol|patrulla fronteriza|la migra|migra\w*|inmigra\w*|immigra\w*|undocumented|"
    r"indocumentad\w*|green card\w*|court\w*|corte|cortes|trial\w*|tribunal\w*|juez|jueza|jueces|judge\w*|hearing\w*|"
    r"audiencia\w*|"
    r"lawyer\w*|attorney\w*|abogad\w*|licenciad[oa]s?|notari[oa]s?|legal\w*|deport\w*|removal\w*|salida voluntaria|"
    r"detain\w*|detention\w*|deten\w*|detuv\w*|agarraron|arrest\w*|custody|custodia|jail\w*|prisi?on\w*|pres[oa]s?|"
    r"carcel\w*|encarcel\w*|whipple|fort snelling|sherburne|freeborn|kandiyohi|visa|visas|asylum|asilo|bond|bail|"
    r"fianza|habeas|case|cases|caso|casos|warrant\w*|"
    r"qareen\w*|maxkamad\w*|sharci\w*|xabsi\w*|xidh\w*|tarxiil\w*|musaafur\w*|masaafur\w*|socdaal\w*|dacwad\w*|garsoor\w*|"
    r"kws lij choj|tsev hais plaub|hais plaub|kws txiav txim|nkuaj|ntes|raug txhom|xa rov|tsoom fwv|nkag teb chaws"
    r")\b",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"https?:|www\.|\b[\w-]+\.(?:com|org|net|gov|edu|us|info|io|app|mn)\b|\b[\w-]+\.[a-z]{2,}/\S", re.IGNORECASE
)
_A_NUMBER = re.compile(r"\bA[\s-]*\d[\d\s-]{5,}\d\b", re.IGNORECASE)
_RETURN_CODE = re.compile(r"(?<!\d)(?:\d[\s-]*){13}(?!\d)")
_REFERENCE = re.compile(r"\b(?=[0-9-]*[A-Z])[A-Z0-9]{3}-[A-Z0-9]{3}\b|\b(?=[A-Z]*[0-9])(?=[0-9]*[A-Z])[A-Z0-9]{6}\b")
# "I.C.E.", "I C E" and "I-C-E".
_SPELLED = re.compile(r"\b(?:[a-z][. -]){2,}[a-z]?\b", re.IGNORECASE)
# What a form letter has in place of a word: nothing fills it in here, and a family would read it as it stands.
_GAP = re.compile(r"%\(\w*\)?[a-z]?|%[sd]\b|\{[^}]*\}?|\[[^\]]*\]?|<[^>]*>?|_{2,}|\$[A-Za-z]\w*")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


def faults(text: str) -> list[str]:
    """Why `text` must not go out, each as a sentence for whoever wrote it; empty for a text that may."""
    found = [f"It says “{telltale[0]}”: a stranger would know what it is about." for telltale in _telltales(text)]
    if _LINK.search(text) or _ADDRESS.search(text):
        found.append("It has a link or an address.")
    if _A_NUMBER.search(text):
        found.append("It has what looks like an A-number.")
    if _RETURN_CODE.search(text) or _REFERENCE.search(text):
        found.append("It has what looks like a code or a reference.")
    if gap := _GAP.search(text):
        found.append(f"It has “{gap[0]}”, which nothing fills in: write what is meant.")
    size = size_of(text)
    if size.segments > MOST_SEGMENTS:
        found.append(
            f"It is {size.segments} texts long ({size.units} characters of {size.encoding}); at most"
            f" {MOST_SEGMENTS} are sent."
        )
    return found


def _telltales(text: str) -> list[re.Match[str]]:
    first = {match[0].casefold(): match for match in _TELLTALE.finditer(_plain(text))}
    return list(first.values())


def _plain(text: str) -> str:
    """Without accents, in the plain forms of letters, and letters that were spelled out as a word.

    Nor with the invisible hyphens and joints that come along when words are copied out of a document.
    """
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(one for one in decomposed if not unicodedata.combining(one) and unicodedata.category(one) != "Cf")
    return _SPELLED.sub(lambda spelled: re.sub("[. -]", "", spelled[0]) + " ", plain)
