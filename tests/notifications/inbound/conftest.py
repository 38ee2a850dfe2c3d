"""A carrier that takes every text, and contacts that are found by their number."""

from typing import Any

import pytest

from notifications import Arrived, delivery, inbound_handlers
from notifications.backends import Ending, Outcome
from notifications.models import Contact
from privacy import indexes, worker_key
from tests.notifications.conftest import PHONE, MakeContact
from tests.notifications.test_delivery import StubbornBackend


@pytest.fixture
def findable(make_contact: MakeContact) -> MakeContact:
    """A contact whose case can be found by its number, as the worker makes it when the case opens."""

    def make(*, phone: str | None = PHONE, **changes: Any) -> Contact:
        contact = make_contact(phone=phone, **changes)
        indexes.write_indexes(contact.case_id, worker_key.load().index_key, [(indexes.PHONE, phone or "")])
        return contact

    return make


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> StubbornBackend:
    """Takes every text."""
    stub = StubbornBackend(Outcome(Ending.ACCEPTED, carrier_id="SM1"))
    monkeypatch.setattr(delivery, "text_backend", lambda: stub)
    return stub


@pytest.fixture
def filed() -> Any:
    """What the packages above were handed; theirs do not hear of it meanwhile."""
    told: list[Arrived] = []
    registered = inbound_handlers[:]
    inbound_handlers[:] = [lambda arrived, now: told.append(arrived)]
    yield told
    inbound_handlers[:] = registered
