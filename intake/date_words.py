"""The words with which people name days and times in four languages, in small letters and without accents.

Somali and Hmong words are drafts, as the translations are (docs/translations.md).
"""

from collections.abc import Mapping
from datetime import time, timedelta


def _numbered(*rows: str, start: int = 1) -> dict[str, int]:
    """Each row's words stand for its number."""
    return {name: number for number, names in enumerate(rows, start=start) for name in names.split()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Roman numbers for months stand on many papers from abroad: 20/XI/2026.
MONTHS = _numbered(
    "january jan enero ene jannaayo janaayo i",
    "february feb febrero febraayo feebarwari ii",
    "march mar marzo maarso maarij iii",
    "april apr abril abr abriil iv",
    "may mayo maajo v",
    "june jun junio juun vi",
    "july jul julio luulyo vii",
    "august aug agosto ago agoosto viii",
    "september sep sept septiembre setiembre set sebtembar ix",
    "october oct octubre oktoobar x",
    "november nov noviembre nofembar xi",
    "december dec diciembre dic disembar xii",
)
WEEKDAYS = _numbered(
    "monday mon lunes lun isniin isniinta isniintii hli",
    "tuesday tue tues martes talaado talaadada talaadadii quas",
    "wednesday wed miercoles mie mier arbaco arbacada arbacadii feeb",
    "thursday thu thur thurs jueves jue khamiis khamiista khamiistii teeb",
    "friday fri viernes vie vier jimce jimcaha jimco jimcihii kuab",
    "saturday sat sabado sab sabti sabtida sabtidii cag",
    "sunday sun domingo dom axad axadda axaddii hnub",
    start=0,
)
# Hmong weekdays are two words, the first of them this one; its second words mean other things without it.
HMONG_WEEKDAY = "zwj"
ONLY_HMONG_WEEKDAYS = frozenset({"hli", "quas", "feeb", "teeb", "kuab", "cag", "hnub"})

NUMBERS = _numbered(
    "one a an un uno una hal kow koow ib first primero koowaad",
    "two dos laba labo ob second segundo labaad",
    "three tres saddex sadex peb third tercero saddexaad",
    "four cuatro afar plaub fourth cuarto afraad",
    "five cinco shan tsib fifth quinto shanaad",
    "six seis lix rau sixth sexto lixaad",
    "seven siete toddoba xya seventh septimo toddobaad",
    "eight ocho siddeed sideed yim eighth octavo siddeedaad",
    "nine nueve sagaal cuaj ninth noveno sagaalaad",
    "ten diez toban kaum tenth decimo tobnaad",
    "eleven once",
    "twelve doce",
)
# Days of a month in words that count nothing else here, written together as `intake/dates.py` finds them.
DAYS_IN_WORDS = _numbered(
    "thirteen thirteenth trece",
    "fourteen fourteenth catorce",
    "fifteen fifteenth quince",
    "sixteen sixteenth dieciseis",
    "seventeen seventeenth diecisiete",
    "eighteen eighteenth dieciocho",
    "nineteen nineteenth diecinueve",
    "twenty twentieth veinte",
    "twenty-one twenty-first veintiuno",
    "twenty-two twenty-second veintidos",
    "twenty-three twenty-third veintitres",
    "twenty-four twenty-fourth veinticuatro",
    "twenty-five twenty-fifth veinticinco",
    "twenty-six twenty-sixth veintiseis",
    "twenty-seven twenty-seventh veintisiete",
    "twenty-eight twenty-eighth veintiocho",
    "twenty-nine twenty-ninth veintinueve",
    "thirty thirtieth treinta",
    "thirty-one thirty-first treinta-y-uno",
    start=13,
)
# Of a compound such as "kaum ib" or "kow iyo tobnaad".
TENS = frozenset({"kaum", "toban", "tobnaad"})
COUPLE = frozenset({"couple", "par"})
ONLY_ORDINALS = frozenset(
    {"first", "primero", "koowaad", "second", "labaad", "third", "saddexaad", "fourth", "afraad", "fifth", "shanaad"}
)

# How long a word of measure is.
MEASURES: Mapping[str, timedelta] = {
    **dict.fromkeys(_words("day days dia dias maalmood maalin maalmo hnub"), timedelta(days=1)),
    **dict.fromkeys(_words("week weeks semana semanas toddobaad usbuuc lim thiv"), timedelta(weeks=1)),
    **dict.fromkeys(_words("month months mes meses bilood bil"), timedelta(days=30)),
    **dict.fromkeys(_words("hour hours hora horas hr hrs saacadood saacad xuab teev"), timedelta(hours=1)),
    **dict.fromkeys(_words("minute minutes min mins minuto minutos daqiiqo daqiiqadood"), timedelta(minutes=1)),
}
# Of one of these no number is said: "toddobaad ka hor" is a week ago.
ONE_ALONE = frozenset({"toddobaad", "usbuuc", "bil", "maalin"})
# Before or after a measure: how far back, and how far ahead.
AGO_FIRST = frozenset({"hace"})
AGO_AFTER = frozenset({"ago", "atras", "hor", "kahor", "dhau", "tas", "back", "earlier"})
AHEAD_FIRST = frozenset({"in", "en", "dentro"})
AHEAD_AFTER = frozenset({"from", "kadib", "dib", "kaddib", "ntej"})
# Beside a weekday: not today, of a day that was and of one to come.
LAST = frozenset({"last", "pasado", "hore", "dhau", "tag"})
NEXT = frozenset({"next", "proximo", "proxima", "viene", "entrante", "socda", "ntej"})

# Phrases of a day, without the fillers below.
RELATIVE_DAYS: Mapping[str, int] = {
    "today": 0,
    "now": 0,
    "just now": 0,
    "right now": 0,
    "tonight": 0,
    "this morning": 0,
    "early this morning": 0,
    "earlier today": 0,
    "this afternoon": 0,
    "this evening": 0,
    "hoy": 0,
    "hoy mismo": 0,
    "hoy dia": 0,
    "ahora": 0,
    "ahora mismo": 0,
    "ahorita": 0,
    "esta manana": 0,
    "esta tarde": 0,
    "esta noche": 0,
    "esta madrugada": 0,
    "yesterday": -1,
    "last night": -1,
    "last nite": -1,
    "last evening": -1,
    "ayer": -1,
    "anoche": -1,
    "day before yesterday": -2,
    "before yesterday": -2,
    "anteayer": -2,
    "antier": -2,
    "antes ayer": -2,
    "antes de ayer": -2,
    "anteanoche": -2,
    "tomorrow": 1,
    "manana": 1,
    "day after tomorrow": 2,
    "after tomorrow": 2,
    "pasado manana": 2,
    "maanta": 0,
    "hadda": 0,
    "caawa": 0,
    "saaka": 0,
    "shalay": -1,
    "xalay": -1,
    "dorraad": -2,
    "dorraato": -2,
    "berri": 1,
    "berrito": 1,
    "saadambe": 2,
    "saa dambe": 2,
    "hnub no": 0,
    "hmo no": 0,
    "tam sim no": 0,
    "sawv ntxov no": 0,
    "nag hmo": -1,
    "hnub nag hmo": -1,
    "hmo ntuj nag hmo": -1,
    "hnub hmo": -2,
    "hnub hmos": -2,
    "tag kis": 1,
    "hnub tag kis": 1,
    "nag kis": 2,
    "hnub nag kis": 2,
}
DAY_FILLERS = _words(
    "the of de del el la lo on at this next este esta proximo proxima about around approx approximately maybe"
    " like como hacia creo think i was it fue era a ka ee oo tim thaum lub ntuj lawm no tom ntej soo socda"
    " taariikhda xyoo sanadka ano year socota que viene entrante"
)

# Words that say a part of the day beside a day: "yesterday evening". Two-word names first.
PARTS_OF_DAY = (
    r"(?:early |late )?(?:in |at |during |por |en |a |de |hacia )?(?:the |la |el )?(?:early |late )?"
    r"(?:morning|afternoon|evening|night|noon|midnight|tarde|noche|madrugada|mediodia|medianoche|dawn|amanecer)"
    r"|(?:por|en|de) la manana|(?:subax|galab|habeen|duhur|fiid|casar|maqrib)(?:dii|tii|kii|nimo|ka|ta)?"
    r"|(?:yav )?(?:sawv ntxov|tav su|tsaus ntuj|hmo ntuj|ntuj tsaus|yav hmo)"
)

TIMES_OF_DAY: Mapping[str, time] = {
    # Before "noche" alone.
    "media noche": time(0),
    "noon": time(12),
    "midday": time(12),
    "lunch": time(12),
    "mediodia": time(12),
    "midnight": time(0),
    "medianoche": time(0),
    "dawn": time(5),
    "amanecer": time(5),
    "madrugada": time(4),
    "morning": time(9),
    "temprano": time(8),
    "manana": time(9),
    "afternoon": time(15),
    "tarde": time(15),
    "evening": time(19),
    "tonight": time(21),
    "night": time(21),
    "noche": time(21),
    "anoche": time(21),
    "subax": time(9),
    "subaxdii": time(9),
    "subaxnimo": time(9),
    "saaka": time(9),
    "duhur": time(12),
    "duhurkii": time(12),
    "duhurnimo": time(12),
    "casar": time(16),
    "casarkii": time(16),
    "galab": time(15),
    "galabtii": time(15),
    "galabnimo": time(15),
    "maqrib": time(18),
    "maqribkii": time(18),
    "fiid": time(19),
    "fiidkii": time(19),
    "fiidnimo": time(19),
    "habeen": time(21),
    "habeenkii": time(21),
    "habeennimo": time(21),
    "xalay": time(21),
    "caawa": time(21),
    # The first words of "sawv ntxov", "tav su", "tsaus ntuj" and "hmo ntuj".
    "sawv": time(9),
    "tav": time(12),
    "tsaus": time(19),
    "hmo": time(21),
}
# Words beside a clock time that say which half of the day it is in.
AFTER_NOON = _words(
    "tarde noche anoche night evening afternoon tonight casar casarkii galab galabtii galabnimo maqrib"
    " maqribkii fiid fiidkii fiidnimo duhur duhurkii duhurnimo habeen habeenkii habeennimo xalay caawa tsaus"
    " hmo"
)
BEFORE_NOON = _words("morning dawn madrugada amanecer manana temprano subax subaxdii subaxnimo saaka sawv")
AT_NIGHT = _words("night midnight noche anoche medianoche habeen habeenkii habeennimo xalay caawa hmo tonight")
