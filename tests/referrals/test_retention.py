"""What was told dies by the retention table: what, for whom and when; and what begins anew after that."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from intake.actions import submit_draft
from intake.lookup import index_case
from notifications.models import Contact, HandsetText, Message, MessageState
from privacy import destruction, vault, worker_key
from privacy.models import BlindIndex, DocumentKind, KeyDestruction, ReturnCode, SealedDocument, Tombstone, WrappedKey
from referrals import shelf_life, tasks
from referrals.actions import (
    close,
    confirm_handed_over,
    mark_duplicate,
    reopen,
    screen_out,
    transfer,
    withdraw,
)
from referrals.actions.retention import lost_kinds, schedule_for
from referrals.models import Case, CaseEvent, Offer, RetentionRule, RetentionTrigger, State, TaskKind
from referrals.policies import WrongState
from tests import factories
from tests.intake.test_sending import a_draft
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db

Commits = Callable[..., AbstractContextManager[Any]]
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
CONTACT, FACTS, NAMES, FILE = DocumentKind.CONTACT, DocumentKind.FACTS, DocumentKind.NAMES, DocumentKind.FILE
TOLD = (CONTACT, FACTS, NAMES, FILE)


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Commits) -> Commits:
    """Runs what waits for the commit, as a request would."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def case(commits: Commits) -> Case:
    """The story's case, found by its numbers and offered to AHR."""
    factories.room("AHR", "detained_full", ceiling=60)
    with commits():
        made = submit_draft(draft=a_draft())
    index_case(made.pk, worker_key.load())
    return made


@pytest.fixture
def held_case(case: Case, commits: Commits) -> Case:
    """The story's case, accepted by AHR, which can read all of it."""
    offer = factories.live_offer(case)
    with commits():
        factories.accept(offer)
    tasks.share_contact(str(offer.pk))
    return Case.objects.get(pk=case.pk)


def opens(case: Case, reader: str, kind: DocumentKind) -> bool:
    try:
        return bool([vault.open_document(one, keys=keys_for(reader)) for one in vault.latest(case.pk, kind)])
    except vault.Unreadable:
        return False


def readable(case: Case) -> set[tuple[str, str]]:
    """Who can read what: (document, reader)."""
    readers = ("hotline", "worker", "ahr", "vln")
    return {(str(kind), reader) for kind in TOLD for reader in readers if opens(case, reader, kind)}


def coordinator() -> Any:
    return factories.actor(Role.COORDINATOR)


def end_by(trigger: str, case: Case, now: datetime) -> Case:
    by = coordinator()
    match trigger:
        case "closed":
            return close(case=case, outcome="advice", by=by, now=now)
        case "not_eligible":
            Case.objects.filter(pk=case.pk).update(screening="pending")
            return screen_out(case=case, reason="income", referred_to=factories.partner(), by=by, now=now)
        case "withdrawn":
            return withdraw(case=case, by=by, now=now)
        case "duplicate":
            return mark_duplicate(case=case, duplicate_of=factories.case(), by=by, now=now)
    return factories.lose_contact(case=case, by=by, now=now)


# The fund's schedule in its own words: after what, how many days until nobody can read anything.
GOLDEN = {"closed": 30, "not_eligible": 90, "withdrawn": 90, "duplicate": 90, "lost_contact": 90}


def test_every_way_to_end_stands_in_the_golden_table() -> None:
    assert set(GOLDEN) == set(RetentionTrigger.values) - {RetentionTrigger.HANDED_OVER}
    assert set(GOLDEN) == {state for state in State.values if state not in OPEN}


OPEN = {"received", "needs_info", "screened", "waitlisted", "offered", "accepted", "represented"}


@pytest.mark.parametrize("trigger", GOLDEN)
def test_after_its_days_an_ended_case_is_readable_by_nobody(trigger: str, held_case: Case, commits: Commits) -> None:
    now = timezone.now()
    with commits():
        end_by(trigger, held_case, now)
    last_moment = now + GOLDEN[trigger] * DAY

    destruction.carry_out_due(last_moment - SECOND)
    assert {(str(kind), "hotline") for kind in TOLD} <= readable(held_case)
    # A duplicate's code leads to the case that goes on, and lives as long as that one.
    assert ReturnCode.objects.filter(case_id=held_case.pk).exists() == (trigger != "duplicate")
    assert BlindIndex.objects.filter(case_id=held_case.pk).exists()

    destruction.carry_out_due(last_moment)
    assert readable(held_case) == set()
    for model in (WrappedKey, SealedDocument, ReturnCode, BlindIndex):
        assert not model.objects.filter(case_id=held_case.pk).exists()
    assert Tombstone.objects.filter(reason=trigger.replace("_", "-")).count() == 1


def test_until_then_the_provider_of_a_closed_case_keeps_what_it_had(held_case: Case, commits: Commits) -> None:
    with commits():
        close(case=held_case, outcome="advice", by=coordinator())

    assert {(str(kind), "ahr") for kind in TOLD} <= readable(held_case)


def test_of_every_other_ended_case_the_hotline_alone_keeps_the_keys(held_case: Case, commits: Commits) -> None:
    with commits():
        withdraw(case=held_case, by=coordinator())

    assert {reader for _, reader in readable(held_case)} == {"hotline", "worker"}


def hand_over(case: Case, now: datetime | None = None) -> Case:
    return confirm_handed_over(case=case, by=factories.actor(Role.PROVIDER_STAFF), now=now)


def test_two_weeks_after_the_hand_over_the_hotlines_copy_of_the_file_dies_and_nothing_else(held_case: Case) -> None:
    now = timezone.now()
    before = readable(held_case)
    hand_over(held_case, now)

    destruction.carry_out_due(now + 14 * DAY - SECOND)
    assert readable(held_case) == before
    destruction.carry_out_due(now + 14 * DAY)

    assert before - readable(held_case) == {("file", "hotline")}
    assert ReturnCode.objects.filter(case_id=held_case.pk).exists()


def test_confirming_the_hand_over_again_changes_nothing(held_case: Case) -> None:
    now = timezone.now()
    hand_over(held_case, now)
    hand_over(held_case, now + DAY)

    assert CaseEvent.objects.filter(case=held_case, kind="handed_over").count() == 1
    assert KeyDestruction.objects.filter(case_id=held_case.pk).exclude(reason="access").count() == 1
    assert Offer.objects.get(case=held_case).handed_over_at == now


@pytest.mark.parametrize(
    ("role", "slug"), [(Role.COORDINATOR, ""), (Role.PROVIDER_LEAD, "vln"), (Role.HOTLINE_LEAD, ""), (Role.AUDITOR, "")]
)
def test_only_the_provider_that_holds_the_case_confirms(role: Role, slug: str, held_case: Case) -> None:
    with pytest.raises(PermissionDenied):
        confirm_handed_over(case=held_case, by=factories.actor(role, slug))


def test_nothing_is_confirmed_that_has_not_arrived(case: Case, commits: Commits) -> None:
    offer = factories.live_offer(case)
    with commits():
        factories.accept(offer)
    # The worker has not let the provider read the contact yet.
    with pytest.raises(WrongState, match="has not reached you yet"):
        hand_over(case)

    assert not KeyDestruction.objects.filter(case_id=case.pk).exclude(reason="access").exists()


def test_a_case_that_is_handed_on_keeps_the_hotlines_copy_for_the_next_provider(
    held_case: Case, commits: Commits
) -> None:
    now = timezone.now()
    hand_over(held_case, now)
    with commits():
        transfer(case=held_case, reason="scope", by=coordinator(), keys=keys_for("hotline"), now=now + DAY)

    destruction.carry_out_due(now + 15 * DAY)

    assert opens(held_case, "hotline", FILE)
    assert not opens(held_case, "ahr", FILE)


def test_a_case_that_ends_otherwise_keeps_the_hotlines_copy_as_long_as_the_rest(
    held_case: Case, commits: Commits
) -> None:
    now = timezone.now()
    hand_over(held_case, now)
    with commits():
        factories.lose_contact(case=held_case, by=coordinator(), now=now + DAY)

    destruction.carry_out_due(now + 80 * DAY)

    assert opens(held_case, "hotline", FILE)


def test_a_closed_case_loses_the_hotlines_copy_in_time_although_it_was_closed(held_case: Case) -> None:
    now = timezone.now()
    hand_over(held_case, now)
    close(case=held_case, outcome="advice", by=coordinator(), now=now + DAY)

    destruction.carry_out_due(now + 14 * DAY)

    assert not opens(held_case, "hotline", FILE)
    assert opens(held_case, "ahr", FILE)


def handed_over_long_ago(case: Case) -> datetime:
    now = timezone.now()
    hand_over(case, now)
    destruction.carry_out_due(now + 20 * DAY)
    return now + 20 * DAY


def test_no_transition_takes_the_last_copy_of_a_file(held_case: Case, commits: Commits) -> None:
    now = handed_over_long_ago(held_case)
    with commits():
        factories.lose_contact(case=held_case, by=coordinator(), now=now)

    assert opens(held_case, "ahr", FILE)
    assert not opens(held_case, "ahr", CONTACT)
    destruction.carry_out_due(now + 90 * DAY)
    assert readable(held_case) == set()


def test_what_only_the_last_provider_could_read_does_not_keep_the_case_from_going_on(
    held_case: Case, commits: Commits
) -> None:
    now = handed_over_long_ago(held_case)
    factories.room("BINGER", ceiling=60)
    with commits():
        factories.lose_contact(case=held_case, by=coordinator(), now=now)
    factories.room("AHR", "detained_full", ceiling=0)
    with commits():
        reopen(case=held_case, reason="found_again", by=coordinator(), keys=keys_for("hotline"), now=now)
    offer = factories.live_offer(held_case)
    reader = offer.program.provider.organization.slug
    assert reader == "binger"
    assert opens(held_case, reader, NAMES)

    with commits():
        factories.accept(offer, now=now)
    with commits():
        transfer(case=held_case, reason="scope", by=coordinator(), keys=keys_for("hotline"), now=now)

    assert Case.objects.get(pk=held_case.pk).state in (State.OFFERED, State.SCREENED, State.WAITLISTED)
    assert lost_kinds(held_case) == [FILE]


def test_the_rule_in_force_on_the_local_day_counts(held_case: Case) -> None:
    RetentionRule.objects.filter(code="closed").update(valid_to=date(2027, 3, 1))
    RetentionRule.objects.create(
        code="closed-2", trigger="closed", days=10, ends_case=True, valid_from=date(2027, 3, 1), source="test"
    )
    # 11 pm in Minneapolis on the last day of the old rule: March already in UTC.
    late = datetime(2027, 3, 1, 5, 0, tzinfo=UTC)

    (old,) = schedule_for(held_case, RetentionTrigger.CLOSED, late)
    (new,) = schedule_for(held_case, RetentionTrigger.CLOSED, late + 2 * timedelta(hours=1))

    assert (old.reason, old.due_at) == ("closed", late + 30 * DAY)
    assert (new.reason, new.due_at) == ("closed-2", late + timedelta(hours=2) + 10 * DAY)


def test_a_case_that_ends_without_a_rule_is_reported_and_ended_once_there_is_one(
    held_case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    rules = list(RetentionRule.objects.filter(trigger="withdrawn"))
    RetentionRule.objects.filter(trigger="withdrawn").delete()
    now = timezone.now()
    withdraw(case=held_case, by=coordinator(), now=now)
    assert f"no retention rule ends a case that is withdrawn: {held_case.reference} stays" in caplog.text

    tasks.tidy_ended_cases()
    assert not destruction.pending().filter(ends_case=True).exists()
    RetentionRule.objects.bulk_create(rules)
    tasks.tidy_ended_cases()
    tasks.tidy_ended_cases()

    assert destruction.pending().get(ends_case=True).due_at == now + 90 * DAY


def test_what_is_sealed_after_the_end_was_carried_out_is_found_and_ends_too(held_case: Case) -> None:
    now = timezone.now()
    close(case=held_case, outcome="advice", by=coordinator(), now=now - 40 * DAY)
    destruction.carry_out_due(now)
    vault.seal(case_id=held_case.pk, kind=DocumentKind.NOTES, payload={"note": "late"}, readers=["hotline"], now=now)

    tasks.tidy_ended_cases()
    destruction.carry_out_due(timezone.now())

    assert not SealedDocument.objects.filter(case_id=held_case.pk).exists()
    assert not WrappedKey.objects.filter(case_id=held_case.pk).exists()


def test_an_open_case_has_no_end(held_case: Case) -> None:
    tasks.tidy_ended_cases()

    assert not destruction.pending().filter(ends_case=True).exists()


def test_taken_up_again_in_time_nothing_is_lost(held_case: Case, commits: Commits) -> None:
    now = timezone.now()
    with commits():
        factories.lose_contact(case=held_case, by=coordinator(), now=now)
    with commits():
        reopen(case=held_case, reason="found_again", by=coordinator(), keys=keys_for("hotline"), now=now + 89 * DAY)

    destruction.carry_out_due(now + 400 * DAY)

    assert lost_kinds(held_case) == []
    assert {(str(kind), "hotline") for kind in TOLD} <= readable(held_case)


@pytest.fixture
def destroyed_case(held_case: Case, commits: Commits) -> Case:
    """Lost, destroyed after its 90 days, and taken up again."""
    now = timezone.now()
    with commits():
        factories.lose_contact(case=held_case, by=coordinator(), now=now - 91 * DAY)
    destruction.carry_out_due(now)
    with commits():
        reopen(case=held_case, reason="found_again", by=coordinator(), keys=keys_for("hotline"))
    return Case.objects.get(pk=held_case.pk)


def test_a_destroyed_case_taken_up_again_waits_for_a_new_file(destroyed_case: Case) -> None:
    assert destroyed_case.state == State.RECEIVED
    assert lost_kinds(destroyed_case) == list(TOLD)
    open_tasks = set(destroyed_case.tasks.filter(done_at=None).values_list("kind", flat=True))
    assert {TaskKind.CHECK_ANSWERS, TaskKind.SCREEN} <= open_tasks
    contact = Contact.objects.get(case_id=destroyed_case.pk)
    assert (contact.may_text, contact.may_call) == (False, False)
    waiting = Message.objects.filter(case_id=destroyed_case.pk, state=MessageState.QUEUED)
    assert not waiting.exists()


def day(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local:%B} {local.day}, {local.year}"


def page_of(case: Case, role: Role = Role.COORDINATOR) -> str:
    return factories.client_of(factories.member(role)).get(f"/staff/cases/{case.reference}/").content.decode()


def test_the_page_says_when_everything_ends(held_case: Case) -> None:
    now = timezone.now()
    hand_over(held_case, now)
    provider = page_of(held_case, Role.PROVIDER_STAFF)
    close(case=held_case, outcome="advice", by=coordinator(), now=now)
    page = page_of(held_case)

    file_ends = f"The hotline&#x27;s copy of file will be destroyed on {day(now + 14 * DAY)}."
    assert file_ends in provider
    assert file_ends in page
    assert f"Everything the family told us will be destroyed on {day(now + 30 * DAY)}." in page


def test_the_page_says_that_all_was_destroyed_and_leads_the_hotline_to_a_new_file(destroyed_case: Case) -> None:
    page, auditors = page_of(destroyed_case), page_of(destroyed_case, Role.AUDITOR)

    sentence = f"What the family told us was destroyed on {day(timezone.now())}."
    assert sentence in page
    assert sentence in auditors
    address = f"/staff/cases/{destroyed_case.reference}/new-file/"
    assert address in page
    assert address not in auditors


def test_an_ended_case_says_what_was_destroyed_and_asks_nobody_again(held_case: Case) -> None:
    now = timezone.now()
    close(case=held_case, outcome="advice", by=coordinator(), now=now - 31 * DAY)
    destruction.carry_out_due(now)

    page = page_of(held_case)

    assert f"What the family told us was destroyed on {day(now)}." in page
    assert "/new-file/" not in page


def test_a_part_that_is_lost_is_named(held_case: Case, commits: Commits) -> None:
    now = handed_over_long_ago(held_case)
    with commits():
        factories.lose_contact(case=held_case, by=coordinator(), now=now)
    with commits():
        reopen(case=held_case, reason="found_again", by=coordinator(), now=now)

    assert shelf_life.loss(held_case) == f"Part of what the family told us (file) was destroyed on {day(now)}."


def test_while_the_holder_can_read_the_file_nothing_counts_as_lost(held_case: Case) -> None:
    handed_over_long_ago(held_case)

    assert shelf_life.loss(held_case) == ""


def shown_text(case: Case, *, age: timedelta) -> HandsetText:
    now = timezone.now()
    contact = Contact.objects.filter(case_id=case.pk).first() or factories.contact(case)
    message = Message.objects.create(
        contact=contact,
        case_id=case.pk,
        template="opened",
        trigger=factories.uuid4(),
        language="en",
        send_after=now,
        created_at=now,
        state_since=now,
    )
    return HandsetText.objects.create(message=message, sealed=b"x", arrived_at=now - age)


def test_the_demos_handset_forgets_ended_cases_and_what_is_older_than_a_week(held_case: Case) -> None:
    ended = withdraw(case=factories.case(), by=coordinator())
    HandsetText.objects.all().delete()
    shown_text(ended, age=timedelta(0))
    shown_text(held_case, age=8 * DAY)
    kept = shown_text(held_case, age=6 * DAY)

    tasks.tidy_ended_cases()

    assert HandsetText.objects.get() == kept


def admin() -> Client:
    return factories.client_of(factories.member(Role.OPERATOR, is_staff=True, is_superuser=True))


def sent(rule: RetentionRule, **changes: Any) -> dict[str, Any]:
    """What the admin's form of a rule sends."""
    fields: dict[str, Any] = {
        "code": rule.code,
        "trigger": rule.trigger,
        "kinds": rule.kinds,
        "readers": rule.readers,
        "days": rule.days,
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to or "",
        "source": rule.source,
    } | ({"ends_case": "on"} if rule.ends_case else {})
    fields |= changes
    return {name: value for name, value in fields.items() if value is not None}


HAND_OVER, CLOSED = "handed-over-file", "closed"


@pytest.mark.parametrize(
    ("code", "changes", "says"),
    [
        (HAND_OVER, {"kinds": ["file", "diary"]}, "diary is no part of a case"),
        (HAND_OVER, {"kinds": ["lookup"]}, "lookup is no part of a case"),
        (HAND_OVER, {"days": 0}, "At least 1 day"),
        (HAND_OVER, {"days": -1}, "At least 1 day"),
        (HAND_OVER, {"days": 366}, "At most 365 days"),
        (HAND_OVER, {"days": "soon"}, "Enter a whole number"),
        (HAND_OVER, {"trigger": "forgotten"}, "not one of the available choices"),
        (HAND_OVER, {"code": "access"}, "is what the system calls its own destructions"),
        (HAND_OVER, {"readers": "all"}, "only the hotline can lose its copy"),
        (HAND_OVER, {"ends_case": "on"}, "only the hotline can lose its copy"),
        (CLOSED, {"kinds": ["file"]}, "takes every part from everybody"),
        (CLOSED, {"readers": "hotline"}, "takes every part from everybody"),
        (CLOSED, {"ends_case": None}, "no rule would end a case of the kind “Case closed”"),
        (CLOSED, {"trigger": "withdrawn"}, "no rule would end a case of the kind “Case closed”"),
        (CLOSED, {"valid_to": "2030-01-01"}, "From January 1, 2030 on, no rule would end a case"),
        (CLOSED, {"valid_from": "2030-01-01"}, "no rule would end a case of the kind “Case closed”"),
    ],
)
def test_a_rule_that_would_keep_something_for_ever_or_kill_too_early_is_refused(
    code: str, changes: dict[str, Any], says: str
) -> None:
    rule = RetentionRule.objects.get(code=code)

    answer = admin().post(f"/staff/admin/referrals/retentionrule/{rule.pk}/change/", sent(rule, **changes))

    assert answer.status_code == 200
    assert says in answer.content.decode().replace("&#x27;", "'")
    assert RetentionRule.objects.filter(pk=rule.pk, days=rule.days, trigger=rule.trigger, valid_to=None).exists()


def test_a_rule_ends_once_the_next_one_is_there() -> None:
    rule, client = RetentionRule.objects.get(code=CLOSED), admin()

    added = client.post("/staff/admin/referrals/retentionrule/add/", sent(rule, valid_from="2030-01-01", days=20))
    ended = client.post(f"/staff/admin/referrals/retentionrule/{rule.pk}/change/", sent(rule, valid_to="2030-01-01"))

    assert (added.status_code, ended.status_code) == (302, 302)
    assert list(RetentionRule.objects.on(date(2030, 1, 1)).filter(trigger="closed").values_list("days", flat=True)) == [
        20
    ]


def test_no_rule_is_deleted() -> None:
    rule = RetentionRule.objects.get(code=CLOSED)

    assert admin().post(f"/staff/admin/referrals/retentionrule/{rule.pk}/delete/", {"post": "yes"}).status_code == 403
