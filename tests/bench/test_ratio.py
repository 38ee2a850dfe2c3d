"""What the actions cost over the database's own work, as one ratio; docs/performance.md keeps it.

The actions open, route and text cases while their writing statements are recorded. The rows are removed, and the same
statements run again by bare psycopg, one transaction for each case. That leaves the same rows, which is checked.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from accounts.roles import FAMILY
from notifications.actions import add_contact
from notifications.models import Message
from privacy import append_only
from providers.models import Program
from referrals.actions import open_case
from referrals.models import Case, Channel, Offer, OfferState
from tests.factories import held_facts, room

Statement = tuple[str, Any]
WRITES = ("INSERT", "UPDATE", "DELETE")
# Everything that opening, routing and texting a case writes, but the contact, which is there before.
TABLES = [
    "notifications_message",
    "providers_program",
    "referrals_case",
    "referrals_caseevent",
    "referrals_custodyperiod",
    "referrals_offer",
    "referrals_routingdecision",
]


class Recorder:
    """Collects the writing statements of one case after the other."""

    def __init__(self) -> None:
        self.cases: list[list[Statement]] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(WRITES):
            assert not many
            self.cases[-1].append((sql, params))
        return execute(sql, params, many, context)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _case_to_be() -> UUID:
    case_id = uuid4()
    add_contact(
        case_id=case_id,
        contact_id=uuid4(),
        language="es",
        may_text=True,
        may_call=True,
        any_hour=True,
        phone_is_shared=False,
        now=timezone.now(),
    )
    return case_id


def _open(case_id: UUID) -> None:
    open_case(case_id=case_id, facts=held_facts(), channel=Channel.WEB, language="es", by=FAMILY)


def _rows() -> dict[str, list[Any]]:
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT md5(t::text) FROM {table} t ORDER BY 1")
            found[table] = cursor.fetchall()
    return found


@contextmanager
def _as_before() -> Iterator[None]:
    """Remove the rows that the actions wrote, and let the sequences begin again."""
    append_only.drop_all(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(set(TABLES) - {'providers_program'})} RESTART IDENTITY CASCADE")
    Program.objects.update(in_use=0, last_offer_at=None)
    append_only.create_all(connection)
    yield


def _replay(bare: psycopg.Connection[Any], statements: list[Statement]) -> None:
    with bare.transaction(), bare.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql.encode(), params)


@pytest.mark.django_db(transaction=True)
def test_the_ratio_of_actions_to_bare_statements(
    scale: Mapping[str, int], capsys: pytest.CaptureFixture[str], pytestconfig: pytest.Config
) -> None:
    count = scale["bench_cases"]
    room(ceiling=7 * count)
    cases = [_case_to_be() for _ in range(count)]
    recorder = Recorder()
    actions = []
    with connection.execute_wrapper(recorder):
        for case_id in cases:
            recorder.cases.append([])
            actions.append(_timed(partial(_open, case_id)))
    assert Offer.objects.filter(state=OfferState.LIVE).count() == count
    assert Message.objects.filter(template="opened").count() == count
    written = _rows()

    statements = []
    with _as_before(), psycopg.connect(**_where(), autocommit=True) as bare:
        for recorded in recorder.cases:
            statements.append(_timed(partial(_replay, bare, recorded)))
    assert Case.objects.count() == count
    assert _rows() == written

    with capsys.disabled():
        print(
            f"\nratio {median(actions) / median(statements):.2f}: actions {1000 * median(actions):.1f} ms, "
            f"the same rows by bare statements {1000 * median(statements):.1f} ms "
            f"(medians of {count} cases, {len(recorder.cases[-1])} writing statements each)"
        )


def _where() -> dict[str, Any]:
    database = connection.settings_dict
    return {
        "host": database["HOST"],
        "port": database["PORT"] or None,
        "user": database["USER"],
        "password": database["PASSWORD"] or None,
        "dbname": database["NAME"],
    }
