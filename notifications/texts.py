"""The words of every text: neutral, because a phone may lie on a kitchen table.

No name, no court, no lawyer, nothing about immigration; no link. They say where to ask, not what happened.
"""

from django.conf import settings
from django.utils.translation import gettext, gettext_noop, override

TEMPLATES: dict[str, str] = {
    "opened": gettext_noop(
        "Help line: We received your request and are working on it. For news, use your code on our site or "
        "call %(helpline)s."
    ),
    "request_info": gettext_noop(
        "Help line: We will call you soon with a few questions about your request. You can also call us: %(helpline)s."
    ),
    "screened_out": gettext_noop(
        "Help line: There is news about your request, and we know others who can help. Please call %(helpline)s or "
        "use your code on our site."
    ),
    "accepted": gettext_noop(
        "Help line: Good news. Someone will contact you soon to help you. Questions? Use your code on our site or call "
        "%(helpline)s."
    ),
    "waitlisted": gettext_noop(
        "Help line: Your request is in line. We look for someone to help every day. For news, use your code on our "
        "site or call %(helpline)s."
    ),
    "transferred": gettext_noop(
        "Help line: We are looking for someone else to help you. You do not have to do anything. Questions? Use your "
        "code on our site or call %(helpline)s."
    ),
    "represented": gettext_noop(
        "Help line: Your request has moved forward. For news, use your code on our site or call %(helpline)s."
    ),
    "closed": gettext_noop(
        "Help line: Our work on your request is done. If you need us again, call %(helpline)s or use your code on "
        "our site."
    ),
    "clinic_seat": gettext_noop(
        "Help line: Something is planned for your request. For the day and the place, use your code on our site or "
        "call %(helpline)s."
    ),
    "clinic_reminder": gettext_noop(
        "Help line: You have something coming up soon. For the day and the place, use your code on our site or call "
        "%(helpline)s. If you cannot come, please call."
    ),
}


def render(template: str, language: str) -> str:
    """The text of `template` in `language`, in English where it is not translated; KeyError for an unknown one."""
    words = TEMPLATES[template]
    with override(language):
        return gettext(words) % {"helpline": settings.HELPLINE}


# GSM 03.38: the characters of one septet, and those that cost two.
_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")


def segments(text: str) -> int:
    """How many SMS segments `text` is sent and billed as: 160 or 153 GSM-7 septets, 70 or 67 UTF-16 units each."""
    if set(text) <= _GSM_BASIC | _GSM_EXTENDED:
        # A character of two septets is never cut in half: what no longer fits moves to the next segment.
        return _parts([2 if character in _GSM_EXTENDED else 1 for character in text], alone=160, each=153)
    return _parts([len(character.encode("utf-16-le")) // 2 for character in text], alone=70, each=67)


def _parts(units: list[int], *, alone: int, each: int) -> int:
    if sum(units) <= alone:
        return 1
    parts, room = 1, each
    for unit in units:
        if unit > room:
            parts, room = parts + 1, each
        room -= unit
    return parts
