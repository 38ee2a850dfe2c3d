import pytest

from privacy import throttle


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays a throttle asked for, none of which is waited for."""
    delays: list[float] = []
    monkeypatch.setattr(throttle.time, "sleep", delays.append)
    return delays
