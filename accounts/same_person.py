"""Which accounts are known to be one person's: two signatures must be of two people.

What can be known: the same address but for its dots and what follows a plus, in the account or in its confirmed
addresses; the same secret in an authenticator app; the same name. What cannot: somebody with two addresses, two apps
and two names. Whoever gives accounts to people gives them by name (ADR 10), and the auditor sees who signed.
"""

from collections import defaultdict
from collections.abc import Collection

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from accounts.models import User
from accounts.second_factor import open_secret
from privacy.aead import Unreadable


def same_person(user_id: int, others: Collection[int]) -> set[int]:
    """Those of the other accounts that are known to be the same person's; the account itself if it is among them."""
    wanted = {user_id, *others}
    marks: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    for pk, email, name in User.objects.filter(pk__in=wanted).values_list("pk", "email", "name"):
        marks[pk] |= {("address", address_of(email)), ("name", " ".join(name.casefold().split()))}
    for pk, email in EmailAddress.objects.filter(user_id__in=wanted).values_list("user_id", "email"):
        marks[pk].add(("address", address_of(email)))
    apps = Authenticator.objects.filter(user_id__in=wanted, type=Authenticator.Type.TOTP)
    for pk, data in apps.values_list("user_id", "data"):
        try:
            marks[pk].add(("secret", open_secret(data["secret"], user_id=pk)))
        except (Unreadable, KeyError):
            # A factor that cannot be read proves nothing at a sign-in either.
            continue
    return {other for other in others if other == user_id or marks[other] & marks[user_id]}


def address_of(email: str) -> str:
    """An address without what providers of mail overlook: case, dots before the @, whatever follows a plus."""
    local, _, domain = email.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"
