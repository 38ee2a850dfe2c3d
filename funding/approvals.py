"""What is signed, as text and hash: two people must have signed the same, and what is paid must still be it."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from funding.models import Allowance, Approval, Bond, Invoice

Signed = Invoice | Allowance | Bond


def content_of(thing: Signed) -> str:
    """The thing as canonical JSON: whatever of it could change."""
    if isinstance(thing, Invoice):
        fields: dict[str, Any] = {
            "number": thing.number,
            "provider": thing.provider_id,
            "revision": thing.revision,
            "lines": [
                [str(line.commitment_id), line.case_reference, line.stage, line.worked_on.isoformat(), line.cents]
                for line in thing.lines.order_by("commitment_id")
            ],
        }
    elif isinstance(thing, Allowance):
        fields = {
            "kind": thing.kind,
            "case": str(thing.case_id),
            "provider": thing.provider_id,
            "cents": thing.cents,
            "reason": thing.reason,
        }
    else:
        fields = {
            "pool": thing.pool_id,
            "provider": thing.provider_id,
            "case": thing.case_reference,
            "cents": thing.cents,
            "payer": thing.payer_cents,
            "receipt": thing.receipt,
        }
    fields["id"] = str(thing.pk)
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def digest_of(thing: Signed) -> str:
    """SHA-256 of `content_of`, in hex."""
    return hashlib.sha256(content_of(thing).encode()).hexdigest()


def signatures(thing: Signed, digest: str) -> list[Approval]:
    """The signatures under exactly this content, the first one first."""
    return list(Approval.objects.filter(sha256=digest, **{kind_of(thing): thing}).order_by("at", "id"))


def signed_by(things: Sequence[Signed]) -> dict[Any, set[str]]:
    """For things of one kind, by key: the roles that have signed them as they are now."""
    if not things:
        return {}
    kind, digests = kind_of(things[0]), {thing.pk: digest_of(thing) for thing in things}
    roles: dict[Any, set[str]] = {thing.pk: set() for thing in things}
    found = Approval.objects.filter(**{f"{kind}__in": list(digests)}).values_list(f"{kind}_id", "sha256", "role")
    for pk, sha256, role in found:
        if digests[pk] == sha256:
            roles[pk].add(role)
    return roles


def kind_of(thing: Signed) -> str:
    """The name of the approval's column that points at it."""
    return type(thing).__name__.lower()


def makers_of(thing: Signed) -> set[int]:
    """The accounts that made or changed it: none of them signs."""
    if isinstance(thing, Invoice):
        return {thing.created_by_user_id, thing.changed_by_user_id}
    return {thing.asked_by_user_id}
