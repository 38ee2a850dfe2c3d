"""`drill subpoena`: all the operator can read, compared with the published list and searched for families' words."""

from collections.abc import Callable
from io import StringIO

from config.celery import app
from config.drills import places
from config.drills.ears import Ears
from config.drills.search import Search
from config.drills.story import lived
from privacy.exports import export
from privacy.published import published_list

COUNT = 20
# A table, or a column of it, in one of the two databases.
Column = tuple[str, str, str]


def run(count: int, report: Callable[[str], None]) -> bool:
    """Whether an export of everything is exactly the published list, and no word of `count` families is in it."""
    with Ears(app) as ears, lived(count, ears) as story:
        search = Search(story.words())
        found, hits = everything(search)
        exported = StringIO()
        rows = export([case.pk for case in story.cases], exported)
        words = search.found_in(exported.getvalue().encode())
    unpublished, missing = compared(found)
    report(f"{len(found)} columns can be read, {len(unpublished)} of them not on the published list, {len(hits)} leak")
    for alias, table, column in sorted(unpublished):
        report(f"  not published: {column} of {table} in the database {alias}")
    for alias, table, column in sorted(missing):
        report(f"  published but not there: {column} of {table} in the database {alias}")
    for column_found, word in sorted(hits):
        report(f"  found: “{word}” in {' '.join(column_found)}")
    report(
        f"{rows} rows of {len(story.cases)} cases as they would be handed over, {len(words)} words of a family in them"
    )
    return bool(rows) and not (unpublished or missing or hits or words)


def everything(search: Search) -> tuple[set[Column], set[tuple[Column, str]]]:
    """Every column that can be read, whether anything is in it or not; and the words found, with their column."""
    columns: set[Column] = set()
    hits: set[tuple[Column, str]] = set()
    for alias in places.ALIASES:
        for table, names, rows in places.columns_and_rows(alias):
            columns |= {(alias, table, name) for name in names}
            for position, name in enumerate(names):
                values = b"\n".join(places.as_bytes(row[position]) for row in rows)
                hits |= {((alias, table, name), word) for word in search.found_in(values)}
    return columns, hits


def compared(found: set[Column]) -> tuple[set[Column], set[Column]]:
    """What can be read and is not published; what is published and is not there."""
    published = {(table.alias, table.name, column.name) for table in published_list() for column in table.columns}
    return found - published, published - found
