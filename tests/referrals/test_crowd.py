"""Processes at once that may be killed at any moment, on PostgreSQL: no point is given twice, no case is dropped.

tests/referrals/test_races.py has the same with threads and one thing at a time; here everything happens to everything.
"""

import faulthandler
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from config.celery import app
from notifications.tasks import sweep
from privacy import append_only
from providers.models import Program
from referrals import tasks
from referrals.models import Case, CaseEvent, Offer, OfferState
from referrals.models.case import OPEN_STATES
from tests import factories as make
from tests.referrals.crowd import deeds
from tests.referrals.crowd.invariants import (
    RULES,
    RULES_OF_THE_CLOCK,
    broken_chains,
    findings,
    findings_at_once,
)
from tests.referrals.crowd.processes import Crowd, wait_until_gone
from tests.services.worker import Worker

# Another one repeats nothing; this one repeats a failed run as far as the machine's scheduler does.
SEED = "2026-11-25"
STANDSTILL_SECONDS = 300
# Open cases; with more of them it is the matching that takes the time.
FULL_HOUSE = 150
TASK_FAILED = re.compile(r".*(?:raised unexpected|could not be routed|did not expire|deadlock|IntegrityError).*")


@pytest.fixture
def programs(transactional_db: None) -> list[Program]:
    """Every program with little room, so that the last points are always contested, and people for everybody."""
    for number, program in enumerate(Program.objects.order_by("pk")):
        Program.objects.filter(pk=program.pk).update(ceiling=12 + number % 3 * 6, in_use=0)
    providers = {program.provider.organization.slug for program in Program.objects.select_related("provider")}
    deeds.staff_the_house(sorted(providers))
    return list(Program.objects.order_by("pk"))


@pytest.fixture
def worker(celery_worker_process: Worker) -> Iterator[Worker]:
    """A worker that is at rest before the tables are emptied."""
    yield celery_worker_process
    app.control.purge()
    celery_worker_process.stop()
    wait_until_gone("worker")


def age_some_offers(rng: Random) -> None:
    """Their time to answer is over."""
    live = list(Offer.objects.filter(state=OfferState.LIVE).order_by("pk").values_list("pk", flat=True))
    chosen = rng.sample(live, len(live) // 5)
    Offer.objects.filter(pk__in=chosen, state=OfferState.LIVE).update(expires_at=timezone.now())


class WorkerInDanger:
    """A worker that is given something to do in each round; in about every third it dies then, or a child of it."""

    def __init__(self, worker: Worker) -> None:
        self._worker, self.kills, self._begins_at = worker, 0, len(worker.log.read_bytes())

    def begin(self) -> None:
        if not self._worker.is_running:
            self._worker.start()
        for task in (tasks.expire_offers, tasks.match_waitlist, tasks.share_contacts, sweep):
            task.delay()

    def may_die(self, rng: Random) -> None:
        if rng.random() < 1 / 3:
            time.sleep(rng.uniform(0, 1))
            self.kills += 1
            if rng.random() < 0.5:
                self._worker.kill()
            else:
                self._worker.kill_one_child()

    def end(self) -> None:
        if not self._worker.is_running:
            wait_until_gone("worker")

    def failures(self) -> list[str]:
        """What its log says of tasks that failed; that a child of it was killed is no failure."""
        return TASK_FAILED.findall(self._worker.log.read_bytes()[self._begins_at :].decode(errors="replace"))


def test_whatever_a_crowd_does_and_whoever_of_it_is_killed(
    scale: Mapping[str, int], programs: list[Program], worker: Worker, tmp_path: Path
) -> None:
    begun, verified_at = time.monotonic(), timezone.now()
    in_danger = WorkerInDanger(worker)
    with Crowd(scale["crowd_processes"], scale["crowd_threads"], tmp_path) as crowd:
        seconds = 3.0
        for number in range(scale["crowd_rounds"]):
            # Many rounds may take long, one may not.
            faulthandler.dump_traceback_later(STANDSTILL_SECONDS, exit=True)
            rng = Random(f"{SEED} {number}")
            age_some_offers(rng)
            in_danger.begin()
            round_begun = time.monotonic()
            is_killed = number % 3 == 2
            # In its first half most are still at work.
            kill_after = rng.uniform(0, seconds / 2) if is_killed else None
            crowd.act(
                number, SEED, only=deeds_of(number), kill_after=kill_after, meanwhile=partial(in_danger.may_die, rng)
            )
            in_danger.end()
            if not is_killed:
                seconds = time.monotonic() - round_begun
            touched = CaseEvent.objects.filter(at__gte=verified_at - timedelta(minutes=1)).values_list(
                "case", flat=True
            )
            verified_at = timezone.now()
            said = f"round {number} of seed {SEED}"
            assert findings_at_once() == [], said
            assert broken_chains(touched.distinct().order_by()) == [], said
            assert crowd.failures == [], said + ":\n" + "\n".join(crowd.failures)
            assert in_danger.failures() == [], said
    worker.stop()
    nothing_is_forgotten_by_the_clock()
    assert broken_chains(Case.objects.values_list("pk", flat=True)) == []
    rules_were_tried(crowd, scale)
    took = time.monotonic() - begun
    print(f"\n{scale['crowd_rounds']} rounds in {took:.0f} s")
    print(f"killed: {crowd.kills} processes, {crowd.cut_short} of them at work; {in_danger.kills} workers")
    for name in deeds.DEEDS:
        print(f"{name}: {crowd.done[name]} done, {crowd.refused[name]} refused")
    print(f"{Case.objects.count()} cases, {Offer.objects.count()} offers, {CaseEvent.objects.count()} events")


def deeds_of(number: int) -> list[str]:
    """The first round fills the house, and nobody is let into a full one; else anything may happen."""
    let_in = ["submit", "send"]
    if number == 0:
        return let_in
    is_full = Case.objects.filter(state__in=OPEN_STATES).count() > FULL_HOUSE
    return [name for name in deeds.DEEDS if name not in let_in] if is_full else []


def nothing_is_forgotten_by_the_clock() -> None:
    """Whatever the dead left lying is found by the clock's next turns."""
    later = timezone.now()
    for _ in range(3):
        later += timedelta(hours=30)
        with time_machine.travel(later, tick=True):
            tasks.expire_offers()
            tasks.match_waitlist()
    assert findings(RULES_OF_THE_CLOCK, now=later) == []
    assert findings_at_once() == []


def rules_were_tried(crowd: Crowd, scale: Mapping[str, int]) -> None:
    """A crowd that did nothing would break no rule."""
    assert crowd.kills == scale["crowd_rounds"] // 3
    assert crowd.cut_short, "nobody was killed at work"
    never = [name for name in deeds.DEEDS if not crowd.done[name] + crowd.refused[name]]
    assert never == [] or scale["crowd_rounds"] < 20, never
    for name in ("submit", "accept", "decline", "expire", "close", "transfer", "pause", "resume"):
        assert crowd.done[name], f"nobody could {name}"


@contextmanager
def without_ceiling() -> Iterator[None]:
    """The database itself no longer refuses what the guard is for."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE providers_program DROP CONSTRAINT program_room_within_ceiling")
    try:
        yield
    finally:
        Program.objects.update(in_use=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE providers_program ADD CONSTRAINT program_room_within_ceiling "
                "CHECK (in_use >= 0 AND in_use <= ceiling)"
            )


def what_comes_of(sabotage: str, tmp_path: Path, only: list[str]) -> list[str]:
    """What the rules find and the crowd reports, within a few rounds, of an application without one of its guards."""
    with Crowd(1, 16, tmp_path, sabotage) as crowd:
        for number in range(10):
            crowd.act(number, SEED, only=only)
            if found := findings_at_once() + crowd.failures:
                return found
    return []


@pytest.mark.usefixtures("programs")
def test_without_the_guard_the_rules_find_room_given_twice(tmp_path: Path) -> None:
    with without_ceiling():
        found = what_comes_of("guard", tmp_path, ["submit"])

    assert [one for one in found if one.startswith("no program is above its ceiling")], found


@pytest.mark.usefixtures("programs")
def test_room_given_back_twice_is_found_by_both_recounts(tmp_path: Path) -> None:
    with without_ceiling():
        found = what_comes_of("once", tmp_path, ["submit", "decline"])

    assert [one for one in found if one.startswith("in_use is what live")], found
    assert [one for one in found if one.startswith("in_use is what the log")], found


@pytest.mark.usefixtures("programs")
def test_without_the_lock_on_the_case_the_crowd_reports_what_it_ran_into(tmp_path: Path) -> None:
    failures = what_comes_of("lock", tmp_path, ["submit", "decline", "expire"])

    # Which of them stops two that act on one case is chance.
    met = ("one_event_per_sequence", "one_live_offer_per_case", "ConcurrentTransition")
    assert [one for one in failures if any(name in one for name in met)], failures


_ONE_CASE = "SELECT case_id FROM referrals_offer LIMIT 1"
# What breaks each rule, on one accepted and one offered case; constraints and triggers that forbid it are gone.
BREACHES = {
    "in_use is what live and accepted offers take": "UPDATE providers_program SET in_use = in_use + 1",
    "in_use is what the log says was taken and not given back": "UPDATE referrals_offer SET points = points + 1",
    "no program is above its ceiling": "UPDATE providers_program SET ceiling = 1",
    "a case has one live offer at most": f"UPDATE referrals_offer SET state = 'live', case_id = ({_ONE_CASE})",
    "a case has one holder at most": f"UPDATE referrals_offer SET state = 'accepted', case_id = ({_ONE_CASE})",
    "a case is offered if and only if an offer is live": "UPDATE referrals_case SET state = 'offered'",
    "a case is accepted or represented if and only if it is held": "UPDATE referrals_case SET state = 'represented'",
    "an offer that has ended holds no room, and a live one does": "UPDATE referrals_offer SET state = 'expired'",
    "a case that goes on has an owner and a clock": "UPDATE referrals_case SET state_due_at = NULL",
    "a case is where its log says": "UPDATE referrals_case SET state = 'waitlisted'",
    "each move begins where the one before ended": "UPDATE referrals_caseevent SET from_state = 'closed'",
    "the events of a case are numbered and chained": "DELETE FROM referrals_caseevent WHERE sequence = 2",
    "no case is screened and forgotten": "UPDATE referrals_case SET state = 'screened'",
    "no offer stands beyond its time": "UPDATE referrals_offer SET expires_at = '2026-11-01'",
    "who waits was looked at": "UPDATE referrals_case SET state = 'waitlisted', state_due_at = '2026-11-01'",
}


@pytest.fixture
def unguarded(db: None) -> None:
    """An accepted and an offered case; nothing in the database forbids anything, as long as this test lasts."""
    make.room()
    make.accepted_case(now=make.OFFICE_HOURS)
    make.case(now=make.OFFICE_HOURS)
    with connection.cursor() as cursor:
        # Triggers on constraints would wait with their objections, and forbid the statements below.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'c' AND conrelid IN "
            "('referrals_case'::regclass, 'referrals_offer'::regclass, 'providers_program'::regclass)"
        )
        for table, name in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        cursor.execute("DROP INDEX one_live_offer_per_case, one_provider_holds_a_case")
    append_only.drop_all(connection)


def test_every_rule_has_a_breach() -> None:
    assert set(BREACHES) == set(RULES | RULES_OF_THE_CLOCK)


@pytest.mark.django_db
@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize("rule", BREACHES)
def test_a_breach_of_each_rule_is_found(rule: str) -> None:
    now = make.OFFICE_HOURS
    rules = {rule: (RULES | RULES_OF_THE_CLOCK)[rule]}
    assert findings(rules, now=now) == []

    with connection.cursor() as cursor:
        cursor.execute(BREACHES[rule])

    assert len(findings(rules, now=now)) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("unguarded")
def test_a_changed_event_breaks_its_chain() -> None:
    case = Case.objects.latest("opened_at")
    assert broken_chains([case.pk]) == []

    CaseEvent.objects.filter(case=case, sequence=1).update(detail={})

    assert len(broken_chains([case.pk])) == 1
