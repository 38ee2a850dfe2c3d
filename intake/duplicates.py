"""Two relatives, one person: which cases are probably the same, and a coordinator's word that they are not."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.roles import HOTLINE_ROLES, SYSTEM, Actor, Role
from intake.models import LikelyDuplicate, MatchedBy, PairState
from privacy import indexes
from referrals import events
from referrals.actions.moves import close_tasks, lock_cases, open_task
from referrals.business_time import answer_due
from referrals.models import Case, CaseEvent, Channel, TaskKind
from referrals.models.case import OPEN_STATES
from referrals.policies import WrongState

# One shared name and a birth day are many people's; two are hardly anybody else's.
_SHARED_NAMES = 2


class NotLikely(WrongState):
    """Nothing says that these two are one person, or somebody has decided it meanwhile."""


def pairs_of(case: Case) -> QuerySet[LikelyDuplicate]:
    """Every pair the case was found in, oldest first."""
    return LikelyDuplicate.objects.filter(Q(one=case) | Q(other=case)).select_related("one", "other")


def to_compare(case: Case) -> QuerySet[LikelyDuplicate]:
    """Those that wait for a coordinator: nobody has decided, and neither case is over."""
    return pairs_of(case).filter(state=PairState.OPEN, one__state__in=OPEN_STATES, other__state__in=OPEN_STATES)


def pair_between(case: Case, other: Case) -> LikelyDuplicate:
    """The two cases' row as it stands; raises `NotLikely` if there is none."""
    one, two = sorted((case.pk, other.pk))
    pair = LikelyDuplicate.objects.select_related("one", "other").filter(one=one, other=two).first()
    if pair is None:
        raise NotLikely(f"{case.reference} and {other.reference} were not found to be alike.")
    return pair


def note_likely_duplicates(*, case_id: UUID, now: datetime) -> None:
    """Note each open case that shares this one's A-number, or its person's name, birth day and country, by the indexes.

    So is one that shares the phone, where one of the two was told by keys alone: it has no name to compare.

    Each new pair is a coordinator's task on the newer case. Doing it again, or from both cases at once, notes it once.
    """
    found = _found(case_id)
    if not set(found) - _known(case_id):
        return
    with transaction.atomic():
        cases = {case.pk: case for case in lock_cases(case_id, *found) if case.is_open}
        if case_id not in cases:
            return
        # Asked again under the locks: the other case may have been indexed at the same moment.
        for other_id in sorted(set(found) & set(cases) - _known(case_id)):
            _note(cases[case_id], cases[other_id], found[other_id], now)


def name_by_hand(*, case: Case, other: Case, by: Actor, now: datetime | None = None) -> LikelyDuplicate:
    """A coordinator thinks that these two are about one person, though no index found them: they are to be compared.

    A pair that is there already stays as it is. Raises `NotLikely` for one case twice, or where one of them is over.
    """
    check_may_decide(by)
    now = now or timezone.now()
    if case.pk == other.pk:
        raise NotLikely(f"{case.reference} is this request itself: write the number of the other one.")
    with transaction.atomic():
        cases = {one.pk: one for one in lock_cases(case.pk, other.pk)}
        if over := next((one for one in cases.values() if not one.is_open), None):
            raise NotLikely(f"{over.reference} is {over.get_state_display().lower()}: only open requests are compared.")
        if other.pk not in _known(case.pk):
            _note(cases[case.pk], cases[other.pk], MatchedBy.BY_HAND, now, by=by)
        return pair_between(case, other)


def not_the_same(*, case: Case, other: Case, by: Actor, now: datetime | None = None) -> None:
    """A coordinator has compared the two: two people. Raises `NotLikely` if somebody has decided otherwise."""
    check_may_decide(by)
    now = now or timezone.now()
    with transaction.atomic():
        cases = lock_cases(case.pk, other.pk)
        pair = pair_between(case, other)
        if pair.state == PairState.NOT_SAME:
            return
        if pair.state != PairState.OPEN:
            raise NotLikely(f"{case.reference} and {other.reference} were joined meanwhile.")
        decide(pair, PairState.NOT_SAME, by=by, now=now)
        for one in cases:
            detail = {"other": pair.beside(one).reference}
            events.record(case=one, kind="not_duplicate", by=by, now=now, detail=detail)
            close_task_if_done(one, by=by, now=now)


def check_may_decide(by: Actor) -> None:
    """Raises PermissionDenied for all but the hotline."""
    if by.role not in HOTLINE_ROLES:
        raise PermissionDenied("Only the hotline compares requests.")


def decide(pair: LikelyDuplicate, state: PairState, *, by: Actor, now: datetime) -> None:
    """Write a decision down, in the transaction that holds both cases' locks."""
    pair.state, pair.decided_at, pair.decided_by_user_id = state, now, by.user_id
    pair.save()


def close_task_if_done(case: Case, *, by: Actor, now: datetime) -> None:
    """The task to compare ends with the last pair."""
    if not to_compare(case).exists():
        close_tasks(case, TaskKind.LIKELY_DUPLICATE, by=by, now=now)


def _known(case_id: UUID) -> set[UUID]:
    """The cases that this one was found in a pair with, whatever became of it."""
    pairs = LikelyDuplicate.objects.filter(Q(one=case_id) | Q(other=case_id)).values_list("one", "other")
    return {pk for pair in pairs for pk in pair}


def _found(case_id: UUID) -> dict[UUID, MatchedBy]:
    """The cases that are likely about the same person, by what."""
    shared = indexes.alike(case_id, indexes.A_NUMBER, indexes.PERSON, indexes.BORN_IN, indexes.PHONE)
    with_country = indexes.having(indexes.BORN_IN, {case_id, *shared}) if shared else set()
    nameless = _told_by_keys({case_id, *shared}) if shared else set()
    found: dict[UUID, MatchedBy] = {}
    for other_id, counts in shared.items():
        matched = _matched_by(counts, both_told_country={case_id, other_id} <= with_country)
        if not matched and counts.get(indexes.PHONE) and nameless & {case_id, other_id}:
            matched = MatchedBy.PHONE
        if matched:
            found[other_id] = matched
    return found


def _told_by_keys(case_ids: set[UUID]) -> set[UUID]:
    """Those that a family opened on the phone line without a person."""
    opened = CaseEvent.objects.filter(case_id__in=case_ids, kind="open", role=Role.FAMILY, sequence=1)
    return set(opened.filter(case__channel=Channel.PHONE).values_list("case_id", flat=True))


def _matched_by(counts: Mapping[str, int], *, both_told_country: bool) -> MatchedBy | None:
    if counts.get(indexes.A_NUMBER):
        return MatchedBy.A_NUMBER
    # A country that only one of them knew says nothing; two different ones do.
    by_person = indexes.BORN_IN if both_told_country else indexes.PERSON
    return MatchedBy.PERSON if counts.get(by_person, 0) >= _SHARED_NAMES else None


def _note(case: Case, other: Case, matched: MatchedBy, now: datetime, by: Actor = SYSTEM) -> None:
    one, two = sorted((case, other), key=lambda each: each.pk)
    older, newer = sorted((case, other), key=lambda each: (each.opened_at, each.pk))
    LikelyDuplicate.objects.create(one=one, other=two, matched_by=matched, found_at=now)
    detail = {"other": older.reference, "matched": matched.value}
    events.record(case=newer, kind="likely_duplicate", by=by, now=now, detail=detail)
    open_task(newer, TaskKind.LIKELY_DUPLICATE, due_at=answer_due(newer.urgency, now), now=now)
