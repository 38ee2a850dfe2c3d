"""What a member of staff keeps for themselves at the queue: read marks and saved filters."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.roles import HOTLINE_ROLES, Actor
from referrals.filters import Filters
from referrals.models import Case, CaseEvent, CaseRead, SavedFilter
from referrals.policies import can_see_case

# More than fit on a screen help nobody find anything.
MOST_SAVED = 20


class TooManyFilters(Exception):
    """The member already has as many saved filters as anybody may have."""


def mark_read(*, case: Case, by: Actor, through: int | None = None) -> None:
    """The member has seen the case's log up to the event of sequence `through`; by default up to its newest.

    A mark never goes back, whatever an older tab says. Raises PermissionDenied.
    """
    if by.role not in HOTLINE_ROLES or by.user_id is None or not can_see_case(by, case):
        raise PermissionDenied("Only the hotline marks cases as read.")
    if through is None:
        newest = CaseEvent.objects.filter(case=case).order_by("-sequence").values_list("sequence", flat=True)
        through = newest.first() or 0
    with transaction.atomic():
        mark = CaseRead(user_id=by.user_id, case=case, read_through=through)
        CaseRead.objects.bulk_create([mark], ignore_conflicts=True)
        CaseRead.objects.filter(user_id=by.user_id, case=case, read_through__lt=through).update(read_through=through)


def save_filter(*, name: str, filters: Filters, by: Actor) -> SavedFilter:
    """Keeps a part of the queue under a name; the same name again replaces it. Raises TooManyFilters."""
    if by.user_id is None:
        raise PermissionDenied("Only members save filters.")
    with transaction.atomic():
        theirs = SavedFilter.objects.select_for_update().filter(user_id=by.user_id)
        if len(theirs.exclude(name=name)) >= MOST_SAVED:
            raise TooManyFilters(f"You have {MOST_SAVED} saved filters: delete one first.")
        saved, _made = SavedFilter.objects.update_or_create(
            user_id=by.user_id, name=name, defaults={"filters": filters.codes()}
        )
    return saved


def rename_filter(*, saved: SavedFilter, name: str, by: Actor) -> None:
    """Raises PermissionDenied for another member's, IntegrityError where the member has one of this name."""
    _check_is_theirs(saved, by)
    SavedFilter.objects.filter(pk=saved.pk).update(name=name)


def delete_filter(*, saved: SavedFilter, by: Actor) -> None:
    """Raises PermissionDenied for another member's."""
    _check_is_theirs(saved, by)
    saved.delete()


def _check_is_theirs(saved: SavedFilter, by: Actor) -> None:
    if saved.user_id != by.user_id:
        raise PermissionDenied("The filter is another member's.")
