"""The end of a grant: staff are told, what is open can still be invoiced for some days, then other grants take over."""

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime
from functools import partial
from uuid import UUID

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from accounts.roles import PROVIDER_ROLES, Role
from funding.actions.following import billing_lines, unbilled
from funding.actions.grants import fund_unfunded
from funding.actions.room import move_on
from funding.models import Commitment, CommitmentShare, CommitmentState, Grant, GrantKind
from funding.money_rules import last_day_to_bill
from funding.quarters import day_of
from funding.turns import wait_for_turn


def end_grants(*, now: datetime | None = None) -> int:
    """Tell staff of grants that ended, and move what was not invoiced in time. Safe to run again.

    Returns how many moved.

    The day after a grant's last day finance and the providers that it pays are told. Work done until that day can be
    invoiced for the days of the rule. Then what is on no invoice leaves the grant: another one that allows it takes
    over, or it is unfunded until one does; what the grant has left can then be returned (`return_unspent`). A
    commitment whose invoice comes back later leaves with the next run.
    """
    now = now or timezone.now()
    day = day_of(now)
    for grant in Grant.objects.filter(ends_on__lt=day, end_told_on__isnull=True).order_by("ends_on", "id"):
        _tell_of_end(grant.pk, day)
    open_shares = CommitmentShare.objects.filter(grant=OuterRef("pk"), commitment__state=CommitmentState.OPEN)
    ended = Grant.objects.filter(kind=GrantKind.PROGRAM, ends_on__lt=day)
    moved = 0
    for grant in ended.filter(Q(closed_out_on__isnull=True) | Exists(open_shares)).order_by("ends_on", "id"):
        if last_day_to_bill(grant) < day:
            moved += _close_out(grant, day)
    if moved:
        # What the moved ones left over goes to who has waited longer.
        fund_unfunded(now=now)
    return moved


def _close_out(grant: Grant, day: date) -> int:
    with transaction.atomic():
        wait_for_turn()
        is_first = Grant.objects.filter(pk=grant.pk, closed_out_on__isnull=True).update(closed_out_on=day)
    still_open = unbilled(Commitment.objects.filter(state=CommitmentState.OPEN, shares__grant=grant))
    moved = unfunded = 0
    for pk in list(still_open.order_by("committed_at", "id").values_list("pk", flat=True)):
        with transaction.atomic():
            wait_for_turn()
            has_money = _move_one(pk, day)
        moved += has_money is not None
        unfunded += has_money is False
    if is_first or moved:
        grant.refresh_from_db()
        left = grant.award_cents - grant.committed_cents - grant.returned_cents
        message = (
            f"Nothing more is committed of {grant}, which ended on {grant.ends_on}, but what is on invoices.\n"
            f"Taken over by other grants: {moved - unfunded}. Without money now: {unfunded}. "
            f"Left, in cents, to be returned to its funder: {left}. See /staff/money/."
        )
        # Robust: a mail server that is away must not keep the next grant from its end.
        transaction.on_commit(partial(_mail, [Role.FINANCE], "A grant is closed out", message), robust=True)
    return moved


def _move_one(pk: UUID, day: date) -> bool | None:
    """Whether another grant has money for it; None where it was billed, paid or released meanwhile."""
    commitment = Commitment.objects.select_for_update().filter(pk=pk, state=CommitmentState.OPEN).first()
    if commitment is None or billing_lines().filter(commitment=commitment).exists():
        return None
    return move_on(commitment, day)


@transaction.atomic
def _tell_of_end(pk: int, day: date) -> None:
    """Mail of the end, once: names of grants, counts and days alone."""
    if not Grant.objects.filter(pk=pk, end_told_on__isnull=True).update(end_told_on=day):
        return
    grant = Grant.objects.get(pk=pk)
    open_ones = Commitment.objects.filter(state=CommitmentState.OPEN, shares__grant=grant)
    by_provider = Counter(open_ones.values_list("provider__organization_id", flat=True))
    last_day = last_day_to_bill(grant)

    def tell() -> None:
        _mail(
            [Role.FINANCE],
            "A grant has ended",
            f"{grant} ended on {grant.ends_on}. Open commitments: {sum(by_provider.values())}. Invoices for work done "
            f"until then are taken until {last_day}; then other grants take over what they may. See /staff/money/.",
        )
        for organization, number in sorted(by_provider.items()):
            _mail(
                PROVIDER_ROLES,
                "Invoices to send",
                f"A grant that pays stages of yours ended on {grant.ends_on}; not paid yet: {number}. Please send the "
                f"invoices for work done until then by {last_day}. See /staff/invoices/.",
                organization=organization,
            )

    transaction.on_commit(tell, robust=True)


def _mail(roles: Collection[Role], subject: str, message: str, *, organization: int | None = None) -> None:
    members = User.objects.filter(is_active=True, membership__role__in=roles)
    if organization is not None:
        members = members.filter(membership__organization_id=organization)
    addresses = list(members.order_by("pk").values_list("email", flat=True))
    if addresses:
        send_mail(subject, message, None, addresses)
