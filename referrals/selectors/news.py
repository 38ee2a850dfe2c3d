"""What a reader has not seen of a case, and whether a person has answered it: conditions on a row of cases.

Both stop at the first event they find by an index, so that a long story costs no more than a short one.
"""

from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.roles import HOTLINE_ROLES, Actor
from referrals.first_answer import ANSWERS
from referrals.models import CaseEvent, CaseRead
from referrals.models.case import PEOPLE

# Work on the case that tells a colleague nothing new about it.
NO_NEWS = ("opened_document",)


def is_unread_by(reader: Actor) -> Exists:
    """Whether something happened, not of the reader's own doing, since they last looked; to others nothing is news."""
    if reader.role not in HOTLINE_ROLES:
        return Exists(CaseEvent.objects.none())
    read = CaseRead.objects.filter(user_id=reader.user_id or 0, case=OuterRef(OuterRef("pk"))).values("read_through")
    later = CaseEvent.objects.filter(case=OuterRef("pk"), sequence__gt=Coalesce(Subquery(read), Value(0)))
    return Exists(later.exclude(user_id=reader.user_id).exclude(kind__in=NO_NEWS))


def has_no_answer() -> Q:
    """Whether nobody of the hotline or a provider has answered yet, as `referrals.first_answer` counts it."""
    return ~Q(Exists(CaseEvent.objects.filter(case=OuterRef("pk"), role__in=PEOPLE, kind__in=ANSWERS)))
