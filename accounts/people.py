"""Joining and leaving an organization: invitations, being let in to its vault, removal, and the log of all three."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import Invitation, Membership, Organization, PeopleEvent, PeopleEventKind, User
from accounts.policies import (
    VAULT_KINDS,
    Refused,
    check_can_be_missed,
    check_may_invite,
    check_may_let_in,
    check_may_remove,
    check_may_withdraw,
    leads,
)
from accounts.roles import LEAD_ROLES
from accounts.selectors import open_invitations
from accounts.sessions import end_sessions_of
from privacy import holders, rotation, vault
from privacy.models import HolderKey
from privacy.readers import Keys

VALID_FOR = timedelta(days=7)
_TOKEN_BYTES = 32


class InvitationOver(Exception):
    """The link does not lead in: unknown, used, withdrawn or too old. Which of these it is, nobody is told."""


def record(
    *,
    organization: Organization,
    kind: PeopleEventKind,
    by: User,
    about: User | None = None,
    now: datetime | None = None,
) -> PeopleEvent:
    """Append a line to the organization's log of its people, in the caller's transaction."""
    return PeopleEvent.objects.create(
        organization=organization, kind=kind, by=by, about=about, at=now or timezone.now()
    )


def invite(
    *,
    organization: Organization,
    email: str,
    role: str,
    by: User,
    link_to: Callable[[str], str],
    now: datetime | None = None,
) -> Invitation:
    """Invite somebody by e-mail; the link works once, for a week. An earlier open one to the address dies.

    `link_to` makes the link of a token, which is in the mail and nowhere else. Raises `Refused`, also when the mail
    cannot be sent: then there is no invitation.
    """
    now = now or timezone.now()
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    email = email.lower()
    with transaction.atomic():
        organization = _locked(organization)
        check_may_invite(by, organization, role)
        if User.objects.filter(email__iexact=email).exists():
            raise Refused(f"{email} has an account already. A person with two roles needs a second address.")
        earlier = open_invitations(now=now, organization=organization)
        if not leads(by, organization) and earlier.filter(role__in=LEAD_ROLES).exclude(email=email).exists():
            raise Refused(f"Somebody else is invited as first lead of {organization}: withdraw that invitation first.")
        earlier.filter(email=email).update(withdrawn_at=now)
        invitation = Invitation.objects.create(
            organization=organization,
            email=email,
            role=role,
            token_hash=_hash_of(token),
            invited_by=by,
            created_at=now,
            expires_at=now + VALID_FOR,
        )
        record(organization=organization, kind=PeopleEventKind.INVITED, by=by, now=now)
    try:
        _send(invitation, link_to(token))
    except OSError:
        Invitation.objects.filter(pk=invitation.pk).update(withdrawn_at=now)
        raise Refused("The mail could not be sent, so nobody is invited. Try again in a few minutes.") from None
    return invitation


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: User, now: datetime | None = None) -> None:
    """Take an invitation back: its link leads nowhere from now on. One that is used or over stays as it is."""
    check_may_withdraw(by, invitation.organization)
    open_invitations(now=now or timezone.now()).filter(pk=invitation.pk).update(withdrawn_at=now or timezone.now())


def invitation_of(token: str, *, now: datetime | None = None) -> Invitation:
    """The open invitation the link's token leads to; raises `InvitationOver`."""
    found = open_invitations(now=now or timezone.now()).filter(token_hash=_hash_of(token), organization__is_active=True)
    if (invitation := found.first()) is None:
        raise InvitationOver
    return invitation


def accept_invitation(*, token: str, name: str, password: str, now: datetime | None = None) -> User:
    """Make the invited person's account; raises `InvitationOver`, also for the second of two who come at once."""
    now = now or timezone.now()
    invitation = invitation_of(token, now=now)
    try:
        with transaction.atomic():
            # One conditional UPDATE: of two acceptances at once the second waits for the first and finds nothing.
            if not open_invitations(now=now).filter(pk=invitation.pk).update(accepted_at=now):
                raise InvitationOver
            user = User.objects.create_user(invitation.email, password, name=name)
            Membership.objects.create(user=user, organization=invitation.organization, role=invitation.role)
            record(organization=invitation.organization, kind=PeopleEventKind.JOINED, by=user, about=user, now=now)
    except IntegrityError:
        # The address got its account by another organization's invitation meanwhile.
        raise InvitationOver from None
    return user


def check_number(user: User) -> str:
    """Twenty digits that stand for the member's public key, for two people to compare; "" for who has none.

    Who can write to the database could put their own key in a waiting member's row and be let in as them. The waiting
    member sees the number of the key they really have (`number_of`), so that a false one does not match.
    """
    row = HolderKey.objects.filter(holder=holders.member_holder(user.pk)).first()
    return number_of(bytes(row.public)) if row else ""


def number_of(public: bytes) -> str:
    """A public key's check number: 66 bits of its SHA-256 as four groups of five digits."""
    digits = f"{int.from_bytes(hashlib.sha256(public).digest()) % 10**20:020}"
    return " ".join(digits[start : start + 5] for start in range(0, 20, 5))


def let_in(*, user: User, keys: Keys, by: User, compared: str | None = None, now: datetime | None = None) -> None:
    """Let a colleague open what `keys` open. Raises `Refused`; letting in again changes nothing.

    `compared` is the check number that `by` heard from the colleague's own screen: another key than that is refused.
    """
    now = now or timezone.now()
    organization = check_may_let_in(by, user, reader=keys.reader)
    holder = holders.member_holder(user.pk)
    if not holders.has_key(holder):
        raise Refused(f"{user.name} has set no vault passphrase yet.")
    if compared is not None and compared != check_number(user):
        raise Refused(f"The key of {user.name} is not the one you compared. Compare the number again.")
    if holders.may_open(holder, keys.reader):
        return
    # The line first: a line without the act can be explained, an act without its line cannot be found.
    record(organization=organization, kind=PeopleEventKind.LET_IN, by=by, about=user, now=now)
    holders.let_in(holder, keys, now=now)


def remove(*, user: User, by: User, now: datetime | None = None) -> None:
    """Switch the account off for good: it signs in no more, opens nothing, and the key it could open is changed.

    The account stays as the name in every log; its address is free for a new invitation. Raises `Refused`.
    """
    now = now or timezone.now()
    membership = Membership.objects.select_related("organization").filter(user_id=user.pk).first()
    with transaction.atomic():
        organization = _locked(membership.organization) if membership else None
        check_may_remove(by, organization)
        check_can_be_missed(user, organization, by=by)
        # In `keys` first: cut off after this, the account opens nothing, and removing it again ends the matter.
        holders.shut_out(holders.member_holder(user.pk))
        if organization and organization.kind in VAULT_KINDS:
            rotation.want_rotation(vault.reader_of(organization), now)
        _switch_off(user, now)
        if organization:
            record(organization=organization, kind=PeopleEventKind.REMOVED, by=by, about=user, now=now)


def _switch_off(user: User, now: datetime) -> None:
    account = User.objects.get(pk=user.pk)
    account.is_active = account.is_staff = account.is_superuser = False
    account.email = f"removed-{account.pk}@account.invalid"
    account.set_unusable_password()
    account.save()
    account.groups.clear()
    account.user_permissions.clear()
    Authenticator.objects.filter(user=account).delete()
    EmailAddress.objects.filter(user=account).delete()
    # What they could still have sent to a second address of their own.
    open_invitations(now=now).filter(invited_by=account).update(withdrawn_at=now)
    end_sessions_of(account, now=now)


def _locked(organization: Organization) -> Organization:
    """The organization, its row locked: who joins, leads and leaves is decided by one person at a time."""
    return Organization.objects.select_for_update().get(pk=organization.pk)


def _hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _send(invitation: Invitation, link: str) -> None:
    context = {"invitation": invitation, "link": link}
    subject = render_to_string("accounts/email/invitation_subject.txt", context)
    send_mail(
        subject.strip(), render_to_string("accounts/email/invitation_message.txt", context), None, [invitation.email]
    )
