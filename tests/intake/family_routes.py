"""Every address of a family's pages, from the resolver: a new route is walked without anybody remembering it."""

import re
from collections.abc import Iterator

from django.urls import URLResolver, get_resolver

from intake.advice import SITUATIONS
from intake.questions import PAGES

# What may stand in a route's parameter; a parameter that is not named here fails the tests that walk.
VALUES: dict[str, list[str]] = {
    "page_name": [page.name for page in PAGES],
    "name": [situation.name for situation in SITUATIONS],
}


def paths() -> Iterator[str]:
    """Addresses below `/<lang>/`, each parameter filled with every value it may have."""
    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and type(resolver.pattern).__name__ == "LocalePrefixPattern":
            yield from _walk(resolver, "")


def _walk(resolver: URLResolver, before: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, before + str(pattern.pattern))
        else:
            yield from _filled(before + str(pattern.pattern))


def _filled(route: str) -> Iterator[str]:
    found = re.search(r"<(?:\w+:)?(\w+)>", route)
    if found is None:
        yield route
        return
    for value in VALUES[found[1]]:
        yield from _filled(route[: found.start()] + value + route[found.end() :])
