"""Several people sign: one of finance, one approver, perhaps a funder; none made the thing or is of its provider."""

from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.roles import Actor, Role
from accounts.same_person import same_person
from funding.approvals import Signed, digest_of, funders_to_sign, is_fully_signed, kind_of, makers_of, signatures
from funding.models import Approval, Invoice
from funding.policies import MONEY_ROLES, RefusedError, account_of

CHANGED = "It was changed after you opened the page. Look at it again before you sign."
ONE_PERSON = "You have signed this already by another account of yours: two signatures are of two people."


def sign(thing: Signed, *, seen: str, by: Actor, now: datetime | None = None) -> bool:
    """Sign what was seen; True when it now has every signature it needs. The caller holds the row's lock.

    `seen` is the hash the page was drawn with. Raises PermissionDenied for who may not sign, RefusedError where the
    thing is another by now, the actor's side has signed it, or the same person by another account.
    """
    check_may_sign(thing, by)
    digest = digest_of(thing)
    if digest != seen:
        raise RefusedError(CHANGED)
    account = account_of(by)
    by_others = {one.user_id for one in signatures(thing, digest)} - {account}
    if same_person(account, by_others):
        raise RefusedError(ONE_PERSON)
    try:
        with transaction.atomic():
            Approval.objects.create(
                **{kind_of(thing): thing},
                sha256=digest,
                role=by.role,
                funder_id=by.organization_id if by.role == Role.FUNDER else None,
                user_id=account,
                prepared_by_user_id=max(makers_of(thing)),
                at=now or timezone.now(),
            )
    except IntegrityError:
        raise RefusedError("Your side has signed this already: the other signature is still missing.") from None
    return is_fully_signed(thing, digest)


def check_may_sign(thing: Signed, by: Actor) -> None:
    """Raises PermissionDenied for all but the fund's money people and a large invoice's funders, for its makers, by
    whatever account of theirs, and for its provider's staff.
    """
    if by.user_id is None:
        raise PermissionDenied("Only people sign.")
    if by.role == Role.FUNDER:
        if not isinstance(thing, Invoice) or by.organization_id not in funders_to_sign(thing):
            raise PermissionDenied("A funder signs large invoices that its own grants pay.")
    elif by.role not in MONEY_ROLES:
        raise PermissionDenied("Finance and approvers sign.")
    if same_person(by.user_id, makers_of(thing)):
        raise PermissionDenied("Whoever prepared it does not sign it.")
    if by.organization_id == thing.provider.organization_id:
        raise PermissionDenied("A provider does not sign what it is paid.")


def lock_invoice(pk: UUID) -> Invoice:
    """The invoice, its row held to the end of the transaction. Raises Invoice.DoesNotExist."""
    return Invoice.objects.select_for_update(of=("self",)).select_related("provider").get(pk=pk)
