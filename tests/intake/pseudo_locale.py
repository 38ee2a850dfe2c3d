"""A language that exists in tests only: the catalog in brackets, so that a text from elsewhere stands out."""

import re
from pathlib import Path

import polib
from django.conf import settings

CODE = "qps"
OPEN, CLOSE = "⟦", "⟧"
# What stays as it is within a text: placeholders and tags.
_KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd]|<[^>]+>|\{\w*\})")
_ACCENTED = str.maketrans("aeiouycnAEIOUYCN", "àéîöüýçñÀÉÎÖÜÝÇÑ")


def pseudo(text: str) -> str:
    """The text with accents, a third longer, in brackets."""
    parts = [part if _KEPT.fullmatch(part) else part.translate(_ACCENTED) for part in _KEPT.split(text)]
    return OPEN + "".join(parts) + "~" * (len(text) // 3) + CLOSE


def write_catalog(folder: Path) -> None:
    """Makes the compiled catalog below `folder` from the texts of the Spanish one, which has them all."""
    source = polib.pofile(str(Path(settings.BASE_DIR) / "locale" / "es" / "LC_MESSAGES" / "django.po"))
    catalog = polib.POFile()
    catalog.metadata = {**source.metadata, "Language": CODE}
    for entry in source:
        if entry.obsolete:
            continue
        # Formats of dates are no text to read.
        is_format = entry.msgctxt == "date format"
        catalog.append(
            polib.POEntry(
                msgctxt=entry.msgctxt,
                msgid=entry.msgid,
                msgid_plural=entry.msgid_plural,
                msgstr="" if entry.msgid_plural else (entry.msgid if is_format else pseudo(entry.msgid)),
                msgstr_plural={0: pseudo(entry.msgid), 1: pseudo(entry.msgid_plural)} if entry.msgid_plural else {},
            )
        )
    target = folder / CODE / "LC_MESSAGES"
    target.mkdir(parents=True)
    catalog.save_as_mofile(str(target / "django.mo"))
