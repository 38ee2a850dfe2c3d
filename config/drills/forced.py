"""A fault on every route: what the program shows when it breaks with a family's words in its hands."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

# What stands in an address where a route has a parameter that the caller gives no value for, tried in this order.
_SAMPLES = ("AAA-AAA", "1", "x", "00000000-0000-4000-8000-000000000000", "1-dead-link", "providers")
_GROUPS = re.compile(r"%\((\w+)\)s")


class Forced(Exception):
    """The fault."""


class BreakEveryView:
    """Middleware, the innermost: lets a view do its work, with all it read still in memory, then breaks it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Undoes what the view wrote, so that signing out or leaving does not end the drill."""
        posted = request.POST.dict()
        with ExitStack() as undone:
            for alias in settings.DATABASES:
                undone.enter_context(transaction.atomic(using=alias))
            view(request, *args, **kwargs)
            raise Forced(f"made by a drill, with {len(posted)} fields at hand")


def error_pages(
    clients: list[Client], fields: dict[str, str], values: dict[str, str], *, operator: Client
) -> Iterator[tuple[str, HttpResponse]]:
    """(route, answer) of every route, read and written to as each of `clients`; of the admin's as the operator.

    `fields` are posted to each; `values` are the parameters of routes, by name.
    """
    everybody = [*clients, operator]
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, f"{__name__}.{BreakEveryView.__name__}"]):
        _load_middleware_anew(everybody)
        for route, path in addresses(values):
            for client in [operator] if route.startswith("staff/admin/") else clients:
                yield route, client.get(path, secure=True)  # type: ignore[misc]
                yield route, client.post(path, fields, secure=True)  # type: ignore[misc]
    _load_middleware_anew(everybody)


def addresses(values: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(route, an address that leads to it) of every route of the program; raises ValueError where none was found."""
    for route, regexes in _walk(get_resolver(), "", []):
        yield route, _address(route, regexes, values)


def _load_middleware_anew(clients: list[Client]) -> None:
    for client in clients:
        client.handler._middleware_chain = None  # type: ignore[attr-defined]


def _walk(resolver: URLResolver, route: str, regexes: list[str]) -> Iterator[tuple[str, list[str]]]:
    for pattern in resolver.url_patterns:
        here = [*regexes, pattern.pattern.regex.pattern]
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, f"{route}{pattern.pattern}", here)
        elif isinstance(pattern, URLPattern):
            yield f"{route}{pattern.pattern}", here


def _address(route: str, regexes: list[str], values: dict[str, str]) -> str:
    whole = "".join(part.removeprefix("^").removesuffix(r"\Z") for part in regexes)
    pattern, _ = normalize(whole)[0]
    for sample in _SAMPLES:
        path = "/" + _GROUPS.sub(partial(_value, values, sample), pattern)
        if re.fullmatch(whole.removesuffix("$"), urlsplit(path).path.removeprefix("/")):
            return path
    raise ValueError(f"no address is known for the route {route}")


def _value(values: dict[str, str], sample: str, group: re.Match[str]) -> str:
    return values.get(group[1], sample)
