"""How staff pages name a language."""

from django.conf.locale import LANG_INFO


def language_name(code: str) -> str:
    """The English name of a language; the code itself for one that Django does not know."""
    return str(LANG_INFO.get(code, {}).get("name", code))
