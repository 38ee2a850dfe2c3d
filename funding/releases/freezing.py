"""What is kept of a release for ever, and whether it is still what it was."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from funding.models import CountedFact, Release, ReleaseDocument, WaitingLink
from funding.releases.hide import Level
from funding.releases.links import FIRST, Link, Links
from funding.releases.publish import Decision

Hashes = Mapping[str, Mapping[str, str]]


@transaction.atomic
def freeze(*, quarter: str, decision: Decision, facts: list[str], links: Links, now: datetime) -> Release:
    """Store a decision: its documents' bytes, what it counted, what it hands to the next. Of nothing only that.

    Raises IntegrityError where the quarter is released already or one of its facts is counted.
    """
    hashes: dict[str, dict[str, str]] = {}
    for one in decision.documents:
        hashes.setdefault(one.funder, {})[one.format] = hashlib.sha256(one.content).hexdigest()
    last = Release.objects.order_by("-quarter").values_list("sha256", flat=True).first() or ""
    release = Release.objects.create(
        quarter=quarter,
        level=decision.level,
        reasons=list(decision.reasons),
        made_at=now,
        previous_sha256=last,
        sha256=_chained(last, quarter, decision.level, hashes),
    )
    if decision.level == Level.NOTHING:
        return release
    ReleaseDocument.objects.bulk_create(
        ReleaseDocument(
            release=release,
            edition=one.funder,
            format=one.format,
            content=one.content,
            sha256=hashes[one.funder][one.format],
        )
        for one in decision.documents
    )
    CountedFact.objects.bulk_create((CountedFact(release=release, fact=fact) for fact in facts), batch_size=500)
    WaitingLink.objects.bulk_create(
        WaitingLink(
            release=release,
            reader=reader,
            waiting=link.waiting,
            lowest=link.lowest,
            highest=link.highest,
            above=link.above,
            below=link.below,
        )
        for reader, link in links.items()
    )
    return release


def last_links() -> Links:
    """What the newest release that published anything left in doubt."""
    last = Release.objects.exclude(level=Level.NOTHING).order_by("-quarter").first()
    if last is None:
        return FIRST
    return {one.reader: Link(one.waiting, one.lowest, one.highest, one.above, one.below) for one in last.links.all()}


def changed() -> list[str]:
    """The quarters whose documents or hash are not what was frozen; empty when all are whole."""
    found, last = [], ""
    for release in Release.objects.order_by("quarter").prefetch_related("documents"):
        hashes: dict[str, dict[str, str]] = {}
        for one in release.documents.all():
            hashes.setdefault(one.edition, {})[one.format] = hashlib.sha256(bytes(one.content)).hexdigest()
        expected = _chained(last, release.quarter, release.level, hashes)
        if (release.previous_sha256, release.sha256) != (last, expected):
            found.append(release.quarter)
        last = release.sha256
    return found


def _chained(previous: str, quarter: str, level: str, hashes: Hashes) -> str:
    said = {"previous": previous, "quarter": quarter, "level": level, "documents": hashes}
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
