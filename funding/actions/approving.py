"""Two people sign: one of finance, one approver, neither of whom made the thing or works for its provider."""

from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.roles import Actor
from funding.approvals import Signed, digest_of, kind_of, makers_of, signatures
from funding.models import Approval, Invoice
from funding.policies import MONEY_ROLES, RefusedError, account_of

CHANGED = "It was changed after you opened the page. Look at it again before you sign."


def sign(thing: Signed, *, seen: str, by: Actor, now: datetime | None = None) -> bool:
    """Sign what was seen; True when it now has both signatures. The caller holds the row's lock.

    `seen` is the hash the page was drawn with. Raises PermissionDenied for who may not sign, RefusedError where the
    thing is another by now, or the actor's side has signed it.
    """
    check_may_sign(thing, by)
    digest = digest_of(thing)
    if digest != seen:
        raise RefusedError(CHANGED)
    try:
        with transaction.atomic():
            Approval.objects.create(
                **{kind_of(thing): thing},
                sha256=digest,
                role=by.role,
                user_id=account_of(by),
                prepared_by_user_id=max(makers_of(thing)),
                at=now or timezone.now(),
            )
    except IntegrityError:
        raise RefusedError("Your side has signed this already: the other signature is still missing.") from None
    return len(signatures(thing, digest)) == 2


def check_may_sign(thing: Signed, by: Actor) -> None:
    """Raises PermissionDenied for all but the fund's money people, its makers, and its provider's staff."""
    if by.role not in MONEY_ROLES or by.user_id is None:
        raise PermissionDenied("Finance and approvers sign.")
    if by.user_id in makers_of(thing):
        raise PermissionDenied("Whoever prepared it does not sign it.")
    if by.organization_id == thing.provider.organization_id:
        raise PermissionDenied("A provider does not sign what it is paid.")


def lock_invoice(pk: UUID) -> Invoice:
    """The invoice, its row held to the end of the transaction. Raises Invoice.DoesNotExist."""
    return Invoice.objects.select_for_update(of=("self",)).select_related("provider").get(pk=pk)
