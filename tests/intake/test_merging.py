"""Two cases of one person become one: nothing told is lost, and neither relative learns of the other."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Actor, Role
from intake import merging
from intake.duplicates import NotLikely, not_the_same, to_compare
from intake.hand_over import as_json, opened_file
from intake.merging import CannotBeJoined, merge
from intake.models import LikelyDuplicate, MatchedBy, PairState
from intake.tasks import index_lookups
from notifications.actions import queue_texts
from notifications.models import Contact, Message, MessageState
from privacy import destruction, indexes, vault, worker_key
from privacy.models import DocumentKind, ReturnCode, SealedDocument, WrappedKey
from referrals import events
from referrals.actions import withdraw
from referrals.models import Case, Offer, OfferState, State, TaskKind
from referrals.policies import WrongState
from referrals.tasks import share_contacts
from tests import factories
from tests.intake.family import Family, code_on, text, without_token
from tests.intake.two_requests import A_NUMBER, at_once, join, open_tasks, sent, status_of, told, two, url
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return factories.member(Role.COORDINATOR)


@pytest.fixture
def by(ana: User) -> Actor:
    return ana.membership.actor()


@pytest.fixture
def hotline(ana: User) -> Client:
    return factories.client_of(ana)


def test_both_contacts_are_kept_each_with_its_own_consent(by: Actor) -> None:
    older, newer, *_ = two(reach={"may_text": "no", "text_language": "en"})
    aunt = Contact.objects.get(case_id=newer.pk)

    join(older, newer, by)

    assert [one["phone"] for one in told(older, DocumentKind.CONTACT)] == ["+16125550123", "+16125550144"]
    contacts = Contact.objects.filter(case_id=older.pk).order_by("created_at")
    assert [(one.may_text, one.language) for one in contacts] == [(True, "es"), (False, "en")]
    assert {one.subject for one in vault.latest(older.pk, DocumentKind.CONTACT)} == {one.pk for one in contacts}
    assert aunt in contacts
    assert not Contact.objects.filter(case_id=newer.pk).exists()


def test_the_next_text_reaches_both_and_the_duplicates_waiting_ones_are_cancelled(by: Actor) -> None:
    older, newer, *_ = two()
    waiting = Message.objects.filter(case_id=newer.pk, state=MessageState.QUEUED)
    assert waiting.exists()

    join(older, newer, by)
    assert not waiting.exists()
    assert Message.objects.filter(case_id=newer.pk, state=MessageState.CANCELLED, reason="mark_duplicate").exists()
    event = older.events.last()
    assert event
    texts = queue_texts(case_id=older.pk, template="accepted", trigger=event.pk, is_urgent=False, now=timezone.now())

    assert {one.contact_id for one in texts} == {one.subject for one in vault.latest(older.pk, DocumentKind.CONTACT)}
    worker = keys_for(vault.WORKER)
    for document in vault.latest(older.pk, DocumentKind.CONTACT):
        assert vault.open_document(document, keys=worker)["phone"]


def test_who_opted_out_stays_out(by: Actor) -> None:
    older, newer, *_ = two()
    Contact.objects.filter(case_id=newer.pk).update(opted_out_at=timezone.now())

    join(older, newer, by)

    event = older.events.last()
    assert event
    texts = queue_texts(case_id=older.pk, template="accepted", trigger=event.pk, is_urgent=False, now=timezone.now())
    assert len(texts) == 1


def test_nothing_told_is_lost(by: Actor) -> None:
    older, _ = sent("", person={"names": "Uno Dos"})
    newer, _ = sent(A_NUMBER, phone="612-555-0144", person={"names": "Uno Dos Tres"})
    pair_up(older, newer)

    join(older, newer, by)

    assert [one["names"] for one in told(older, DocumentKind.NAMES)] == ["Uno Dos", "Uno Dos Tres"]
    assert [one["a_number"] for one in told(older, DocumentKind.FILE) if one["a_number"]] == ["000123456"]
    index_lookups()
    found = indexes.candidates(worker_key.load().index_key, indexes.A_NUMBER, "000123456")
    assert older.pk in found


def pair_up(one: Case, other: Case) -> LikelyDuplicate:
    index_lookups()
    first, second = sorted((one, other), key=lambda each: each.pk)
    return LikelyDuplicate.objects.create(one=first, other=second, matched_by=MatchedBy.PERSON, found_at=timezone.now())


def test_other_answers_become_a_task_and_the_same_ones_none(by: Actor) -> None:
    older, newer, *_ = two()
    join(older, newer, by)
    assert not older.tasks.filter(kind=TaskKind.COMPARE_ANSWERS).exists()

    third, _ = sent("A000-123-456", place={"place": "sherburne"})
    index_lookups()
    join(older, third, by)
    assert older.tasks.filter(kind=TaskKind.COMPARE_ANSWERS, done_at=None).count() == 1


def test_the_one_that_ends_gives_its_room_back_and_its_log_and_clock_are_whole(by: Actor) -> None:
    program = factories.room()
    older, newer, *_ = two()
    offer = factories.live_offer(Case.objects.get(pk=newer.pk))
    program.refresh_from_db()
    before = program.in_use

    join(older, newer, by)

    offer.refresh_from_db()
    program.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN
    assert program.in_use == before - offer.points
    ended = Case.objects.get(pk=newer.pk)
    assert (ended.state, ended.duplicate_of, ended.state_due_at) == (State.DUPLICATE, older, None)
    assert not ended.tasks.filter(done_at=None).exists()
    assert open_tasks(older) == []
    assert older.events.get(kind="joined").detail == {"duplicate": newer.reference}
    assert events.broken_links(older.pk) == events.broken_links(newer.pk) == []


def test_the_provider_that_holds_the_case_reads_what_both_told(by: Actor) -> None:
    factories.room()
    older, newer, *_ = two()
    offer = factories.live_offer(Case.objects.get(pk=older.pk))
    factories.accept(offer)

    share_contacts()

    join(older, newer, by)

    reader = offer.program.provider.organization.slug
    late = [one for one in vault.latest(older.pk, DocumentKind.CONTACT) if one.created_at > older.opened_at]
    assert vault.open_document(late[-1], keys=keys_for(reader))["phone"] == "+16125550144"
    providers = set(WrappedKey.objects.filter(case_id=older.pk).values_list("reader", flat=True))
    assert providers == {vault.WORKER, "hotline", reader}
    handed = json.loads(as_json(opened_file(Case.objects.get(pk=older.pk), keys=keys_for(reader), now=timezone.now())))
    assert [one["phone"] for one in handed["contacts"]] == ["+16125550123", "+16125550144"]
    own, others = told(older, DocumentKind.NAMES), handed["told_by_others"]
    assert handed["names"] == own[0]
    assert [list(one) for one in others] == [["names"], ["file"]]
    assert others[0]["names"] == own[1]


def test_merging_twice_is_merging_once(by: Actor) -> None:
    older, newer, *_ = two()

    join(older, newer, by)
    join(older, newer, by)

    assert len(vault.latest(older.pk, DocumentKind.CONTACT)) == 2
    assert older.events.filter(kind="joined").count() == 1
    assert newer.events.filter(kind="mark_duplicate").count() == 1


def test_the_other_way_round_afterwards_is_told_kindly(hotline: Client, by: Actor) -> None:
    older, newer, *_ = two()
    join(older, newer, by)

    answer = hotline.post(url(newer), {"other": older.reference, "decision": f"keep {newer.reference}"})

    assert answer.status_code == 409
    assert f"was joined to {older.reference} meanwhile" in text(answer)  # type: ignore[arg-type]
    assert Case.objects.get(pk=older.pk).is_open


def test_a_case_that_ended_meanwhile_is_told_kindly_and_nothing_moves(hotline: Client, by: Actor) -> None:
    older, newer, *_ = two()
    withdraw(case=older, by=by)

    answer = hotline.post(url(newer), {"other": older.reference, "decision": f"keep {older.reference}"})

    assert answer.status_code == 409
    assert "only open requests are joined" in text(answer)  # type: ignore[arg-type]
    assert len(vault.latest(older.pk, DocumentKind.CONTACT)) == 1
    assert Contact.objects.filter(case_id=newer.pk).exists()
    answer = hotline.post(url(newer), {"other": older.reference, "reason": "compare"})
    assert answer.status_code == 409


def test_what_only_its_provider_can_open_is_not_lost_by_joining(by: Actor) -> None:
    older, newer, *_ = two()
    now = timezone.now()
    destruction.schedule(
        case_id=newer.pk, reason="handed-over-file", due_at=now, now=now, kinds=[DocumentKind.FILE], readers=["hotline"]
    )
    destruction.carry_out_due(now + timedelta(seconds=1))

    with pytest.raises(CannotBeJoined, match="Keep that one instead"):
        join(older, newer, by)

    assert Case.objects.get(pk=newer.pk).is_open
    assert Contact.objects.filter(case_id=newer.pk).exists()


def test_a_failure_half_way_changes_nothing(by: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    older, newer, *_ = two()
    with monkeypatch.context() as failing:
        failing.setattr(merging, "mark_duplicate", lambda **_: (_ for _ in ()).throw(RuntimeError))
        with pytest.raises(RuntimeError):
            join(older, newer, by)
    assert len(vault.latest(older.pk, DocumentKind.CONTACT)) == 1
    assert Contact.objects.filter(case_id=newer.pk).exists()
    assert LikelyDuplicate.objects.get().state == PairState.OPEN

    join(older, newer, by)

    assert len(vault.latest(older.pk, DocumentKind.CONTACT)) == 2


def test_others_than_the_hotline_join_nothing() -> None:
    older, newer, *_ = two()

    with pytest.raises(PermissionDenied):
        join(older, newer, factories.actor(Role.PROVIDER_LEAD))
    with pytest.raises(PermissionDenied):
        merge(keep=older, duplicate=newer, by=factories.actor(Role.COORDINATOR), keys=keys_for("ahr"))
    with pytest.raises(PermissionDenied):
        not_the_same(case=older, other=newer, by=factories.actor(Role.AUDITOR))


def test_three_of_one_person_end_in_one_and_a_word_that_two_differ_is_kept(by: Actor) -> None:
    older, newer, *_ = two()
    stranger, _ = sent(A_NUMBER, phone="612-555-0155")
    index_lookups()
    not_the_same(case=newer, other=stranger, by=by)
    LikelyDuplicate.objects.filter(state=PairState.OPEN).exclude(
        one__in=[older, newer], other__in=[older, newer]
    ).delete()

    join(older, newer, by)
    index_lookups()

    assert not to_compare(older).exists()
    assert not to_compare(stranger).exists()
    with pytest.raises(NotLikely):
        join(older, stranger, by)


# Neither learns of the other.


@pytest.mark.parametrize("language", ["en", "es"])
def test_both_codes_show_the_same_page(by: Actor, language: str) -> None:
    factories.room()
    older, newer, old_code, new_code = two()

    join(older, newer, by)

    pages = [without_token(Family(language).post("status/", {"code": code})) for code in (old_code, new_code)]
    # Each family goes on reading the number it was given; nothing else differs.
    for page, own, others in zip(pages, (older, newer), (newer, older), strict=True):
        assert own.reference in page
        assert others.reference not in page
    page, other_page = pages
    assert page.replace(older.reference, "") == other_page.replace(newer.reference, "")
    for word in ("same person", "another request", "duplicate", "duplicad", "misma persona", "otra solicitud"):
        assert word not in page.lower()


def test_a_case_marked_by_hand_shows_the_one_that_goes_on_too(hotline: Client) -> None:
    older, newer, old_code, new_code = two()

    hotline.post(f"/staff/cases/{newer.reference}/do/mark_duplicate/", {"duplicate_of": older.reference})

    page, other_page = (without_token(status_of(code)) for code in (old_code, new_code))
    assert newer.reference in other_page
    assert page.replace(older.reference, "") == other_page.replace(newer.reference, "")


def test_joining_texts_nobody(by: Actor) -> None:
    older, newer, *_ = two()
    before = set(Message.objects.values_list("pk", flat=True))

    join(older, newer, by)

    assert set(Message.objects.values_list("pk", flat=True)) == before


# Two codes of one case.


def new_code_for(hotline: Client, case: Case, phone: str) -> HttpResponse:
    """A new code for the one with this phone, after its contact was opened."""
    hotline.post(f"/staff/cases/{case.reference}/open/contact/", {"reason": "call_family"})
    (whose,) = (
        one.subject
        for one in vault.latest(case.pk, DocumentKind.CONTACT)
        if vault.open_document(one, keys=keys_for("hotline"))["phone"] == phone
    )
    answer = {"called": "on", "check": "code_word", "person": str(whose)}
    return hotline.post(f"/staff/cases/{case.reference}/new-code/", answer)  # type: ignore[return-value]


@pytest.mark.parametrize(("phone", "lost"), [("+16125550123", 0), ("+16125550144", 1)])
def test_a_new_code_for_one_leaves_the_others(hotline: Client, by: Actor, phone: str, lost: int) -> None:
    older, newer, *old = two()
    join(older, newer, by)

    new = code_on(new_code_for(hotline, older, phone))

    numbers = [older.reference, newer.reference]
    assert "We do not find this code" in text(status_of(old[lost]))
    assert numbers[1 - lost] in text(status_of(old[1 - lost]))
    assert numbers[lost] in text(status_of(new))
    assert "We do not find this code" in text(status_of(old[lost]))
    newest = code_on(new_code_for(hotline, older, phone))
    assert "We do not find this code" in text(status_of(new))
    assert numbers[1 - lost] in text(status_of(old[1 - lost]))
    assert numbers[lost] in text(status_of(newest))


def test_three_of_one_person_each_read_their_own_number(by: Actor) -> None:
    older, newer, old_code, new_code = two()
    third, third_code = sent(A_NUMBER, phone="612-555-0155")
    index_lookups()

    join(newer, older, by)
    index_lookups()
    join(third, newer, by)

    for case, code in ((older, old_code), (newer, new_code), (third, third_code)):
        assert case.reference in text(status_of(code))


def test_whose_code_it_is_has_to_be_said(hotline: Client, by: Actor) -> None:
    older, newer, *_ = two()
    join(older, newer, by)
    hotline.post(f"/staff/cases/{older.reference}/open/contact/", {"reason": "call_family"})

    answer = hotline.post(f"/staff/cases/{older.reference}/new-code/", {"called": "on", "check": "code_word"})

    assert "Choose whose number you called" in text(answer)  # type: ignore[arg-type]
    assert ReturnCode.objects.filter(case_id=older.pk).count() == 2


def test_both_codes_end_with_the_case(by: Actor) -> None:
    older, newer, *codes = two()
    join(older, newer, by)
    now = timezone.now()

    # The duplicate's own end takes neither.
    destruction.carry_out_due(now + timedelta(days=91))
    assert ReturnCode.objects.filter(case_id=older.pk).count() == 2
    assert not SealedDocument.objects.filter(case_id=newer.pk).exists()
    assert len(told(older, DocumentKind.CONTACT)) == 2

    destruction.schedule(case_id=older.pk, reason="closed", due_at=now, now=now, ends_case=True)
    destruction.carry_out_due(now + timedelta(seconds=1))
    assert not ReturnCode.objects.exists()
    for code in codes:
        assert "We do not find this code" in text(status_of(code))


# At once.


@pytest.mark.django_db(transaction=True)
def test_two_coordinators_who_join_opposite_ways_leave_one_case() -> None:
    older, newer, *_ = two()
    ana, ben = factories.actor(Role.COORDINATOR), factories.actor(Role.COORDINATOR)

    results = at_once(lambda: join(older, newer, ana), lambda: join(newer, older, ben))

    assert sum(isinstance(one, WrongState) for one in results) == 1
    (kept,) = Case.objects.exclude(state=State.DUPLICATE)
    assert len(vault.latest(kept.pk, DocumentKind.CONTACT)) == 2
    assert Contact.objects.filter(case_id=kept.pk).count() == 2
    assert ReturnCode.objects.filter(case_id=kept.pk).count() == 2
    assert not Offer.objects.filter(case__state=State.DUPLICATE, state=OfferState.LIVE).exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_join_twice_at_once_is_one() -> None:
    older, newer, *_ = two()
    ana = factories.actor(Role.COORDINATOR)

    results = at_once(*[lambda: join(older, newer, ana)] * 3)

    assert not [one for one in results if isinstance(one, Exception)]
    assert len(vault.latest(older.pk, DocumentKind.CONTACT)) == 2
    assert older.events.filter(kind="joined").count() == 1
