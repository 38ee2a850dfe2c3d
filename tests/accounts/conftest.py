import pytest

from accounts.models import User
from accounts.roles import Role
from accounts.vault import actions as vault_actions
from privacy import throttle
from privacy.models import ReaderKey
from tests import factories as make
from tests.factories import OFFICE_HOURS, PASSPHRASE


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays a throttle asked for, none of which is waited for."""
    delays: list[float] = []
    monkeypatch.setattr(throttle.time, "sleep", delays.append)
    return delays


@pytest.fixture
def lead() -> User:
    """The first lead of a provider that has no key yet."""
    ReaderKey.objects.filter(reader="ilcm").delete()
    return make.member(Role.PROVIDER_LEAD, "ilcm", password="the password of an account")


@pytest.fixture
def printed(lead: User) -> str:
    """The recovery key of the lead's organization, whose key the lead has made."""
    return vault_actions.make_organization_key(by=lead, passphrase=PASSPHRASE, now=OFFICE_HOURS).recovery_key
