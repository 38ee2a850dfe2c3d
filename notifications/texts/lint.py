"""What no text may say, because a phone may lie on a kitchen table: used on our own wordings and on edited ones.

The lists hold words of the four languages, and err to the careful side: a coordinator who meets one writes around it.
"""

import re

from notifications.segments import size_of

MOST_SEGMENTS = 2
_TELLTALE = re.compile(
    r"\b("
    r"ice|la migra|migra\w*|inmigra\w*|immigra\w*|court\w*|corte|cortes|tribunal\w*|juez|jueza|judge\w*|hearing\w*|"
    r"audiencia\w*|"
    r"lawyer\w*|attorney\w*|abogad\w*|legal\w*|deport\w*|detain\w*|detention\w*|deten\w*|detuv\w*|arrest\w*|jail\w*|"
    r"prison\w*|prisi[oó]n|c[aá]rcel\w*|whipple|sherburne|freeborn|kandiyohi|visa|visas|asylum|asilo|bond|fianza|habeas|"
    r"case|cases|caso|casos|warrant|"
    r"qareen\w*|maxkamad\w*|sharci\w*|xabsi\w*|xidh\w*|tarxiil\w*|musaafur\w*|masaafur\w*|socdaal\w*|dacwad\w*|garsoor\w*|"
    r"kws lij choj|tsev hais plaub|hais plaub|kws txiav txim|nkuaj|raug ntes|raug txhom|xa rov|tsoom fwv"
    r")\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?:|www\.|\b[\w-]+\.(?:com|org|net|gov|edu|us|info|io|app|mn)\b", re.IGNORECASE)
_A_NUMBER = re.compile(r"\bA[\s-]*\d[\d\s-]{5,}\d\b", re.IGNORECASE)
_RETURN_CODE = re.compile(r"(?<!\d)(?:\d[\s-]*){13}(?!\d)")
_REFERENCE = re.compile(r"\b(?=[0-9-]*[A-Z])[A-Z0-9]{3}-[A-Z0-9]{3}\b")
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
    size = size_of(text)
    if size.segments > MOST_SEGMENTS:
        found.append(
            f"It is {size.segments} texts long ({size.units} characters of {size.encoding}); at most"
            f" {MOST_SEGMENTS} are sent."
        )
    return found


def _telltales(text: str) -> list[re.Match[str]]:
    first = {match[0].casefold(): match for match in _TELLTALE.finditer(text)}
    return list(first.values())
