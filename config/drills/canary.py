"""`drill canary`: marked families through the whole story, then a search for their words everywhere they should not be.

A word is searched for in UTF-8, UTF-16, base64, hex, packed by gzip or zlib, reversed, and as pages, addresses and
JSON write it. What cannot be looked into is said, and never counts as searched.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.core import mail
from django.http import HttpResponse

from config.celery import app
from config.drills import places, published
from config.drills.ears import Ears
from config.drills.forced import error_pages
from config.drills.search import Search, spellings
from config.drills.story import Story, lived

COUNT = 500
# Hits told in full; more say nothing new.
_TOLD = 10

Contents = Iterable[tuple[str, bytes]]


@dataclass
class Searched:
    """One kind of place: how much there was, and what was found where."""

    name: str
    contents: int
    size: int
    hits: list[tuple[str, str]]

    def __str__(self) -> str:
        return f"{self.name}: {self.contents} searched, {self.size / 1e6:.1f} MB, {len(self.hits)} words found"


def run(count: int, report: Callable[[str], None]) -> bool:
    """Whether nothing any of `count` families typed is anywhere, and the search would have found it if it were."""
    with Ears(app) as ears:
        since = places.log_position()
        before = len(mail.outbox)
        with lived(count, ears) as story:
            report(f"{count} families: {len(story.cases)} cases, {len(story.codes.given)} codes")
            errors = [(route, _answer(response)) for route, response in _broken(story)]
            reports = list(published.pages())
        emails = [message.message().as_bytes() for message in mail.outbox[before:]]
        words = story.words()
        search = Search(words)
        if missed := unfound(search, words):
            report(f"the search itself misses {missed[0]}: it proves nothing")
            return False
        kinds: list[tuple[str, Callable[[], Contents]]] = [
            ("tables of both databases", lambda: ((f"{one} {two}", content) for one, two, content in places.tables())),
            ("SQLite files", places.sqlite_files),
            ("write-ahead log", lambda: places.write_ahead_log(since)),
            ("Redis", places.redis_keys),
            ("cache", places.cached),
            ("sessions, unpacked", places.sessions),
            ("log lines", lambda: _each("log", ears.lines)),
            ("tasks asked of the worker", lambda: _each("task", ears.asked)),
            ("e-mails", lambda: (("e-mail", content) for content in emails)),
            ("error pages", lambda: errors),
            ("pages of money and reports", lambda: reports),
        ]
        results = [_searched(name, contents, search, report) for name, contents in kinds]
    return _enough_was_searched(results, report) and not any(one.hits for one in results if one)


def unfound(search: Search, words: list[str]) -> list[str]:
    """The spellings that the search does not find, of a few of its words: empty, or the drill proves nothing."""
    some = words[:: max(1, len(words) // 50)]
    return [
        f"“{word}” in {name}"
        for word in some
        for spelled, name in spellings(word).items()
        if word not in search.found_in(b"\x00<" + spelled + b">\x00")
    ]


def _searched(
    name: str, contents: Callable[[], Contents], search: Search, report: Callable[[str], None]
) -> Searched | None:
    found = Searched(name, 0, 0, [])
    try:
        for place, content in contents():
            found.contents += 1
            found.size += len(content)
            found.hits += [(place, word) for word in sorted(search.found_in(content))]
    except places.CannotSearch as why:
        report(f"NOT SEARCHED {name}: {why}")
        return None
    if found.contents:
        report(str(found))
    for place, word in found.hits[:_TOLD]:
        report(f"  found: “{word}” in {place}")
    return found


def _enough_was_searched(results: list[Searched | None], report: Callable[[str], None]) -> bool:
    """Nothing found in nothing is no success: these must have held something."""
    searched = {one.name for one in results if one and one.contents}
    wanted = {
        "tables of both databases",
        "log lines",
        "tasks asked of the worker",
        "e-mails",
        "error pages",
        "pages of money and reports",
    }
    for name in sorted(wanted - searched):
        report(f"NOTHING TO SEARCH in {name}: the drill proves nothing about it")
    return wanted <= searched


def _broken(story: Story) -> Iterator[tuple[str, HttpResponse]]:
    """A fault on every route, with a family's words and a code posted to it."""
    identity, case = story.identities[-1], story.cases[-1]
    offer = case.offers.first()
    fields = {name: str(value) for page in identity.answers().values() for name, value in page.items()}
    fields |= {"code": identity.wrong_code, "note": identity.story, "number": identity.phone}
    values = {
        "line_id": "1",
        "reference": case.reference,
        "kind": "names",
        "page_name": "contact",
        "deed": "close",
        "step": "review",
        "offer_id": str(offer.pk) if offer else str(case.pk),
    }
    desks = [story.desks["hotline"], next(desk for slug, desk in story.desks.items() if slug != "hotline")]
    yield from error_pages([story.family, *(desk.client for desk in desks)], fields, values, operator=story.operator)


def _answer(response: HttpResponse) -> bytes:
    """An answer with its headers, as it leaves the server."""
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    return f"{response.status_code}\n{headers}\n{response.cookies.output()}\n".encode() + response.content


def _each(name: str, lines: list[str]) -> Contents:
    """Many short lines as few long contents: quicker to search."""
    for start in range(0, len(lines), 10_000):
        yield f"{name} {start} and on", "\n".join(lines[start : start + 10_000]).encode(errors="replace")
