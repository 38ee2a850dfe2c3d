"""A mother's case and an aunt's, of one person, and what tests ask about them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any

from django.http import HttpResponse

from accounts.roles import Actor
from intake.actions import submit_draft
from intake.merging import merge
from intake.tasks import index_lookups
from privacy import vault
from privacy.models import DocumentKind
from referrals.models import Case, TaskKind
from referrals.policies import WrongState
from tests.intake.family import Family
from tests.intake.test_sending import a_draft
from tests.services.threads import close_connections
from tests.services.vault_keys import keys_for

A_NUMBER = "A000-123-456"
_PEOPLE = ["Aldo Bravo", "Celso Dominguez", "Efren Fuentes", "Galo Huerta", "Ivo Klein", "Lino Montes"]
_turn = count()


def sent(a_number: str = "", phone: str = "612-555-0123", **changes: Any) -> tuple[Case, str]:
    """A case sent as a family sends it, about somebody else than the others unless said so, and its code."""
    names = _PEOPLE[next(_turn) % len(_PEOPLE)]
    person = {"names": names, "other_names": "", "a_number": a_number} | changes.pop("person", {})
    draft = a_draft(contact={"phone": phone}, person=person, **changes)
    return submit_draft(draft=draft), draft.code


def two(**changes: Any) -> tuple[Case, Case, str, str]:
    """A mother's case and an aunt's, of one person by the A-number, found by the worker; and their codes."""
    older, old_code = sent(A_NUMBER)
    newer, new_code = sent(A_NUMBER, phone="612-555-0144", **changes)
    index_lookups()
    return older, newer, old_code, new_code


def join(keep: Case, duplicate: Case, by: Actor) -> Case:
    return merge(keep=keep, duplicate=duplicate, by=by, keys=keys_for("hotline"))


def url(case: Case) -> str:
    return f"/staff/cases/{case.reference}/duplicates/"


def status_of(code: str) -> HttpResponse:
    return Family().post("status/", {"code": code})


def open_tasks(case: Case) -> list[str]:
    return list(case.tasks.filter(done_at=None, kind=TaskKind.LIKELY_DUPLICATE).values_list("kind", flat=True))


def told(case: Case, kind: DocumentKind, reader: str = "hotline") -> list[dict[str, Any]]:
    keys = keys_for(reader)
    return [vault.open_document(one, keys=keys) for one in vault.latest(case.pk, kind)]


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    together = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            together.wait(timeout=10)
            return job()
        except WrongState as error:
            return error
        finally:
            close_connections()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))
