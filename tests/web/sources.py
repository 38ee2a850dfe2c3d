"""The texts to translate, read from the sources as the site reads them: templates by Django, code by its tree."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.template import Engine, Template, engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("accounts", "config", "funding", "intake", "notifications", "privacy", "providers", "referrals", "web")
# Which argument of Django's functions is what.
SHAPES: dict[str, tuple[str, ...]] = {
    "gettext": ("msgid",),
    "gettext_lazy": ("msgid",),
    "gettext_noop": ("msgid",),
    "ngettext": ("msgid", "plural"),
    "ngettext_lazy": ("msgid", "plural"),
    "pgettext": ("context", "msgid"),
    "pgettext_lazy": ("context", "msgid"),
    "npgettext": ("context", "msgid", "plural"),
    "npgettext_lazy": ("context", "msgid", "plural"),
}


class Text(NamedTuple):
    """One text as a catalog names it."""

    msgid: str
    plural: str = ""
    context: str = ""


def texts() -> dict[Text, str]:
    """Every text of the site, and a file it stands in."""
    found: dict[Text, str] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix == ".py":
                found |= dict.fromkeys(in_code(path.read_text("utf-8")), str(path.relative_to(ROOT)))
            elif path.suffix in (".html", ".txt") and "templates" in path.parts:
                found |= dict.fromkeys(in_template(path.read_text("utf-8")), str(path.relative_to(ROOT)))
    return found


def in_template(source: str) -> Iterator[Text]:
    """What `translate` and `blocktranslate` ask for; a text in a variable is named where the variable gets it."""
    engine: Engine = engines["django"].engine  # type: ignore[attr-defined]
    nodes = Template(source, engine=engine).nodelist
    for node in nodes.get_nodes_by_type(TranslateNode):
        if literal := getattr(node.filter_expression.var, "literal", None):  # type: ignore[attr-defined]
            yield Text(str(literal), context=_literal(node.message_context))  # type: ignore[attr-defined]
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        assert isinstance(node, BlockTranslateNode)
        singular, _names = node.render_token_list(node.singular)
        plural, _names = node.render_token_list(node.plural) if node.plural else ("", [])
        yield Text(singular, plural, _literal(node.message_context))


def _literal(expression: object) -> str:
    """The text of a context, which is written in quotes; nothing where there is none."""
    return str(getattr(expression, "var", "") or "")


def in_code(source: str) -> Iterator[Text]:
    """What the calls of Django's translating functions name, under whatever name a file imported them."""
    tree = ast.parse(source)
    called = {
        alias.asname or alias.name: SHAPES[alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in SHAPES
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (shape := _shape(node.func, called)):
            parts = {
                part: argument.value
                for part, argument in zip(shape, node.args, strict=False)
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            }
            if "msgid" in parts:
                yield Text(**parts)


def _shape(function: ast.expr, called: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    if isinstance(function, ast.Name):
        return called.get(function.id)
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return SHAPES.get(function.attr) if function.value.id == "translation" else None
    return None
