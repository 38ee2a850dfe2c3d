"""What a text from a family asks for, by its words. Pure; the lists hold English, Spanish, Somali and Hmong.

To stop and to ask for help there are words in each; texts start again by the carrier's own words alone.

Only a whole message is a command: "Cancel my appointment" says nothing about texts. A refusal inside of a sentence
stops the texts too, because consent may be taken back by any reasonable means (47 CFR 64.1200(a)(10)), but a machine
may have misread it, so that a person reads it. Whatever is no command goes to a person.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Wish(StrEnum):
    """What the sender wants, as far as a machine can tell."""

    STOP = "stop"
    REFUSAL = "refusal"
    START = "start"
    # Starts texts for who stopped them; from anybody else it answers something we do not know of.
    YES = "yes"
    HELP = "help"
    OTHER = "other"


# The carrier acts on these by itself, before we hear of it: it blocks our number, or lifts the block, and says so.
CARRIERS_STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
CARRIERS_START = frozenset({"start", "unstop", "yes"})
CARRIERS_HELP = frozenset({"help", "info"})

_STOP = CARRIERS_STOP | {
    *("stop all", "opt out", "stopp", "stop texts", "stop texting", "stop messages"),
    *(
        "alto",
        "alto ya",
        "pare",
        "paren",
        "parar",
        "para",
        "basta",
        "baja",
        "dar de baja",
        "cancelar",
        "detener",
        "salir",
    ),
    *("terminar", "fin", "no mas", "no mas mensajes", "no mas textos"),
    *("jooji", "jooji fariimaha", "jooji farriimaha", "joojiya", "ka bax", "ha ii soo dirin", "ha i soo dirin"),
    *("tsum", "tsum tseg", "nres", "txhob xa", "txhob xa ntxiv", "tsis xav tau", "tsis xav tau lawm"),
}
# Only the carrier's own: no other word lifts its block, and a bare "si", "haa" or "yog" may answer something else. They
# go to a person like whatever is no command.
_START = CARRIERS_START - {"yes"}
_YES = frozenset({"yes"})
_HELP = frozenset(
    {
        "help",
        "info",
        "ayuda",
        "informacion",
        "caawin",
        "caawimaad",
        "caawimo",
        "macluumaad",
        "pab",
        "kev pab",
        "ntaub ntawv",
    }
)

# Said to be polite, or by a phone; a command stays one without it.
_POLITE = re.compile(
    r"\b(please|pls|plz|thanks|thank you|now|por favor|porfa|gracias|ya|fadlan|mahadsanid|thov|ua tsaug)\b"
)

_BEFORE_STOP = r"(?:ok|okay|just|no|hey|enough|i said|i want you to|(?:can|could|will|would) (?:you|u)|guys|all|please)"
# "messages" in all their names, for what is refused.
_TEXTS = r"(?:text\w*|txt\w*|messag\w*|msgs?|sms|mensaj\w*|textos?|fa+r+i+m\w*|fa+r+i+n\w*|xov|ntawv|lus)"
_REFUSALS = tuple(
    re.compile(pattern)
    for pattern in (
        # English
        rf"\b(?:stop|quit|cease|no more)\b(?:\W+\w+){{0,3}}?\W+{_TEXTS}\b",
        rf"\b(?:end|cancel)\b(?:\W+\w+){{0,1}}?\W+{_TEXTS}\b",
        r"\b(?:stop|quit)\W+(?:contacting|writing|bothering|sending|messaging|te?xting)\b",
        r"\b(?:do not|dont|don t|never)\W+(?:(?:ever|you|please)\W+)?(?:te?xt|message|msg|contact|write|send|bother)\b",
        rf"\b(?:do not|dont|don t|no longer)\W+(?:want|wish)\b(?:\W+\w+){{0,5}}?\W+{_TEXTS}\b",
        r"\b(?:revoke|withdraw|take back)\W+(?:(?:my|all|our|the)\W+)?(?:consent|permission)\b",
        r"\b(?:unsu[bsc]+rib\w*|unsub|opt(?:ing)?\W*out|opt me out|take me off|remove (?:me|my number))\b",
        r"\b(?:leave (?:me|us) alone|not interested|wrong number|(?:lose|forget|delete|erase) my number)\b",
        r"^(?:just )?stop (?:it|this|that|these|those|them)$",
        rf"^(?:{_BEFORE_STOP} )+stop(?: (?:it|this|that|already|now|please))*$",
        r"^(?:stop already|no more(?: please)?)$",
        # Spanish
        r"\b(?:no|ni|nunca)\W+(?:me|nos)\W+(?:manden?|envien?|escriban?|textee?n?|contacten?|molesten?)\b",
        r"\bno (?:me |nos )?vuelvan? a (?:mandar|enviar|escribir|textear|molestar)\w*",
        rf"\bno\W+(?:quiero|queremos|deseo|deseamos)\b(?:\W+\w+){{0,4}}?\W+{_TEXTS}\b",
        r"\b(?:dejen?|deje|paren?|pare)\W+(?:ya\W+)?de\W+(?:mandar\w*|enviar\w*|escribir\w*|textear\w*|molestar\w*)\b",
        rf"\bno (?:mas )?(?:mandar|enviar)(?:me|nos)?(?:\W+\w+){{0,2}}?\W+{_TEXTS}\b",
        rf"\bno mas\W+{_TEXTS}\b",
        r"\b(?:quit|borr|sac|saqu|elimin)(?:ar|en?)(?:me|nos) de (?:la|su|esta) lista\b",
        r"\b(?:dar(?:me|nos)?|den?(?:me|nos)) de baja\b",
        r"\b(?:numero equivocado|quiten? mi numero|borren? mi numero|dejen?me en paz)\b",
        # Somali
        r"\bha\W+(?:i|ii|igu|noo|nagu)\W+soo\W+(?:dirin|qorin|diriina)\b",
        rf"\b(?:jooji\w*|dhaaf\w*)\b(?:\W+\w+){{0,3}}?\W+{_TEXTS}\b",
        rf"{_TEXTS}(?:\W+\w+){{0,3}}?\W+(?:jooji\w*|ma rabo|iga daa\w*)\b",
        r"\bha\W+(?:ila|nala)\W+soo\W+xirii?ri\w*",
        r"\b(?:ma rabo\W+fa+r+i+m\w*|lambar\w* (?:waa )?khalad\w*|khalad\w* (?:waaye )?lambar\w*)\b",
        # Hmong
        r"\b(?:txhob|tsis txhob)\W+(?:xa|sau|hu)\b",
        r"\btsum\W+(?:txhob\W+)?(?:xa|sau)\b",
        rf"\btsis\W+xav\W+tau\b(?:\W+\w+){{0,4}}?\W+{_TEXTS}\b",
        r"\b(?:xov tooj|nab npawb) (?:no )?yuam kev\b",
    )
)

_URGENT = re.compile(
    r"\b(?:"
    # English
    r"urgent\w*|emergency|911|right now|today|tonight|tomorrow morning|deport\w*|airport|flight|plane|hospital|"
    r"ambulance|sick|dying|die|died|dead|suicid\w*|kill\w*|hurt|beat\w*|they took|taken|arrested|moved|transferr?ed|"
    r"being moved|sign(?:ed|ing)?|help me|knocking|at (?:the|my) door|"
    # Spanish
    r"urgente\w*|emergencia|ahorita|hoy|esta noche|deporta\w*|aeropuerto|vuelo|avion|ambulancia|enferm[oa]s?|muri\w*|"
    r"morir\w*|muert[oa]s?|suicid\w*|mata\w*|herid[oa]s?|golpea\w*|se l[oa] llevaron|lo agarraron|la agarraron|"
    r"traslad\w*|lo movieron|la movieron|firm[aoe]\w*|ayudenme|ayudeme|en la puerta|"
    # Somali
    r"degdeg\w*|deg deg|maanta|caawa|masaafur\w*|musaafur\w*|tarxiil\w*|garoon\w*|diyaarad\w*|isbitaal\w*|"
    r"bukaa\w*|jirra\w*|dhim\w*|geeri\w*|dil\w*|dhaawac\w*|waa la qabtay|la qabtay|la wareejiyay|saxiix\w*|i caawi\w*|"
    r"albaab\w*|"
    # Hmong
    r"ceev|maj nroos|kub ceev|hnub no|hmo no|xa rov qab|tshav dav hlau|dav hlau|tsev kho mob|mob hnyav|tuag|tua|"
    r"raug ntes|ntes lawm|raug txhom|tsiv chaw|kos npe|pab kuv|ntawm qhov rooj"
    r")\b"
)


@dataclass(frozen=True, slots=True)
class Heard:
    """`is_urgent`: it has a word that a person should see soon, whatever else it says."""

    wish: Wish
    is_urgent: bool
    # The carrier knows the word and answers it, HELP as its account is set.
    is_carriers: bool = False


def hear(body: str) -> Heard:
    """What a text asks for."""
    words = _plain(body)
    bare = _words_of(_POLITE.sub(" ", words)) if len(words.split()) <= _LONGEST_COMMAND else words
    if words in _STOP:
        return Heard(Wish.STOP, is_urgent=False, is_carriers=words in CARRIERS_STOP)
    if words in _START:
        return Heard(Wish.START, is_urgent=False, is_carriers=True)
    if words in _YES:
        return Heard(Wish.YES, is_urgent=False, is_carriers=True)
    if bare in _HELP or words in _HELP:
        return Heard(Wish.HELP, is_urgent=False, is_carriers=words in CARRIERS_HELP)
    is_urgent = bool(_URGENT.search(words))
    # "Stop please" surely stops texts; "cancel please" may mean something else, which a person finds out.
    if {bare, _once(bare)} & _STOP or _is_hand_up(body):
        return Heard(Wish.REFUSAL, is_urgent)
    clauses = [_plain(clause) for clause in _CLAUSE_ENDS.split(body)]
    if _CALLS_A_HALT & set(clauses):
        return Heard(Wish.REFUSAL, is_urgent)
    rest = _words_of(" ".join(_NOT_TO_STOP.sub(" ", clause) for clause in clauses))
    if any(refusal.search(rest) for refusal in _REFUSALS):
        return Heard(Wish.REFUSAL, is_urgent)
    return Heard(Wish.OTHER, is_urgent)


_LONGEST_COMMAND = 6
# "STOP. Call me instead": a sentence, or what stands before a comma, is the command, whatever comes before or after it.
# Without words that say other things too, such as "cancel", "end", "para" or "alto" (a tall man).
_CLAUSE_ENDS = re.compile(r"[.,;:!?\n\r¡¿…–—]+|\s-+\s")
_CALLS_A_HALT = frozenset(
    {
        *("stop", "please stop", "stop please", "just stop", "stopall", "unsubscribe", "optout", "stop texts"),
        *("alto ya", "basta", "ya basta", "no mas mensajes", "ya paren", "ya pare"),
        *("jooji", "joojiya", "fadlan jooji", "tsum", "thov tsum", "txhob xa", "txhob xa ntxiv"),
    }
)
# "Don't stop texting me" refuses nothing. Within a clause only: "No, paren de escribirme" refuses.
_NOT_TO_STOP = re.compile(
    r"\b(?:dont|don t|do not|never)(?: (?:ever|want to|want you to|you|please))* (?:stop|quit|end|cancel|miss|lose)\b|"
    r"\bno (?:me |nos )?(?:dejen?|paren?|cancelen?|quiero perder)\b(?: de \w+)?|"
    r"\bha jooji\w*|\btxhob tsum\b"
)
_REPEATED = re.compile(r"\b(\w+)(?: \1\b)+")
_HANDS_UP = frozenset("🛑⛔🚫✋🖐\ufe0f ")


def _once(words: str) -> str:
    """Without repetitions ("stop stop"), and letters that stand apart as a word ("s t o p")."""
    letters = words.split()
    if len(letters) > 1 and all(len(one) == 1 for one in letters):
        return "".join(letters)
    return _REPEATED.sub(r"\1", words)


def _is_hand_up(body: str) -> bool:
    """Whether signs that say stop are all it has; of another sign, such as a thumb, nobody knows what it means."""
    return bool(body.strip()) and set(body) <= _HANDS_UP


def _plain(body: str) -> str:
    """Small letters without accents, signs and emoji, one blank between words: as hurried people type."""
    decomposed = unicodedata.normalize("NFKD", body).casefold()
    # An apostrophe belongs to its word ("don't"), every other sign parts words.
    # Signs of no width, which keyboards and copied texts leave in the midst of words, are none.
    kept = "".join(
        one
        for one in decomposed
        if not unicodedata.combining(one) and unicodedata.category(one) != "Cf" and one not in "'’‘`´"
    )
    return _words_of("".join(one if one.isalnum() else " " for one in kept))


def _words_of(text: str) -> str:
    return " ".join(text.split())
