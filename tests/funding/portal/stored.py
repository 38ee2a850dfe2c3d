"""Releases in the database, made by hand: what their documents say is no matter of any book."""

import hashlib
from datetime import datetime, timedelta

from funding.models import Release, ReleaseDocument
from funding.quarters import CHICAGO, Quarter
from tests.funding.portal.documents import content

FORMATS = ("json", "csv", "xlsx", "pdf")


def made_at(quarter: str) -> datetime:
    """Noon of the fifth day after the quarter."""
    day = Quarter.parse(quarter).next.first_day + timedelta(days=4)
    return datetime(day.year, day.month, day.day, 12, tzinfo=CHICAGO)


def release(quarter: str = "2026Q3", *, level: str = "tables", editions: tuple[str, ...] = ("",)) -> Release:
    """One with these editions; of the formats that are no JSON the bytes name edition and format."""
    made = Release.objects.create(
        quarter=quarter, level=level, made_at=made_at(quarter), sha256=hashlib.sha256(quarter.encode()).hexdigest()
    )
    if level == "nothing":
        return made
    for edition in editions:
        for file_format in FORMATS:
            stored = content(quarter, edition=edition, level=level) if file_format == "json" else b""
            stored = stored or f"{file_format} of «{edition or 'everybody'}» \x00\xff".encode("latin-1")
            ReleaseDocument.objects.create(
                release=made,
                edition=edition,
                format=file_format,
                content=stored,
                sha256=hashlib.sha256(stored).hexdigest(),
            )
    return made
