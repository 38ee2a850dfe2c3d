"""Which function decides who is offered what: `matching.place`, unless a simulation plays another one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from referrals import matching
from referrals.matching import OrderStep, Placement, ProgramProfile, WaitingCase


class Policy(Protocol):
    """Decides for all waiting cases at once; the signature of `matching.place`.

    `waiting`: in no order; a new case comes with those of the waiting that could use the same room. `programs`: those
    of the offer orders, each with its room now. `rules`: case type → the steps of its offer order. `seed`: the run's
    logged draw. Returns a decision for each waiting case, in the order in which offers are to be made; a case is
    offered to the program of its decision's candidate with `Verdict.CHOSEN`, or to nobody where there is none. The
    programs must not be given more than their `free` points: what is above is not offered, but planned again.
    """

    def __call__(
        self,
        waiting: Iterable[WaitingCase],
        programs: Iterable[ProgramProfile],
        *,
        rules: Mapping[str, Sequence[OrderStep]],
        seed: int,
    ) -> Placement: ...


_policy: ContextVar[Policy] = ContextVar("placing policy", default=matching.place)


@contextmanager
def placing_by(policy: Policy) -> Iterator[None]:
    """Inside the block `policy` decides every automatic offer made in this thread: for a new case, after a decline or
    an expiry, when room appears, by the clock."""
    token = _policy.set(policy)
    try:
        yield
    finally:
        _policy.reset(token)


def current_policy() -> Policy:
    return _policy.get()
