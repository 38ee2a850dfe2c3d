"""What the pages of releases read. Each function costs the same few queries however many quarters there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Q, Sum

from accounts.models import Organization, OrganizationKind
from accounts.roles import Actor, Role
from funding.models import (
    Account,
    GrantKind,
    JournalLine,
    Level,
    PublicPageSwitch,
    Release,
    ReleaseDocument,
    ReleaseMailWish,
)
from funding.policies import editions_of
from funding.portal.document import Document, read
from providers.models import Provider

RELEASES_A_PAGE = 12
PUBLIC = ""
# The ledger's own words for a grant's first posting (funding/actions/grants.py).
AWARD = "Award"


@dataclass(frozen=True, slots=True)
class Awards:
    """Cents that funders gave in a year: for legal help, and for the bond pool."""

    program: int
    bonds: int

    @property
    def total(self) -> int:
        return self.program + self.bonds


def newest() -> Release | None:
    return Release.objects.order_by("-quarter").first()


def releases(page: str | None) -> Page[Release]:
    """All of them, newest first, a page at a time."""
    return Paginator(Release.objects.order_by("-quarter"), RELEASES_A_PAGE).get_page(page)


def years() -> list[int]:
    """The years of which a quarter is released, newest first. One short row a year."""
    quarters = Release.objects.order_by("-quarter").values_list("quarter", flat=True)
    return sorted({int(quarter[:4]) for quarter in quarters}, reverse=True)


def document_of(release: Release, edition: str = PUBLIC) -> Document | None:
    """The release's figures in this edition; None where there is no such edition."""
    stored = ReleaseDocument.objects.filter(release=release, edition=edition, format="json").first()
    return read(bytes(stored.content)) if stored else None


def documents_of(year: int, edition: str = PUBLIC) -> list[Document]:
    """One for each released quarter of the year, in their order; of which nothing was published, an empty one.

    Of a funder's edition those that there are.
    """
    stored = ReleaseDocument.objects.filter(release__quarter__startswith=f"{year}Q", edition=edition, format="json")
    found = [read(bytes(one.content)) for one in stored]
    if edition == PUBLIC:
        silent = Release.objects.filter(quarter__startswith=f"{year}Q", level=Level.NOTHING)
        found += [Document(one.quarter, edition, one.level, {}, None, {}) for one in silent]
    return sorted(found, key=lambda document: document.quarter)


def file_of(quarter: str, edition: str, file_format: str) -> ReleaseDocument | None:
    return ReleaseDocument.objects.filter(release__quarter=quarter, edition=edition, format=file_format).first()


def own_edition(actor: Actor) -> str:
    """The slug of a funder's member's organization; nothing for anybody else."""
    if actor.role != Role.FUNDER:
        return ""
    home = Organization.objects.filter(pk=actor.organization_id or 0, kind=OrganizationKind.FUNDER)
    return home.values_list("slug", flat=True).first() or ""


def may_open(actor: Actor, edition: str) -> bool:
    """Whether the reader may open this funder's edition; which there are is not asked, so no answer tells it."""
    allowed = editions_of(actor, own_edition(actor))
    return bool(edition) and (allowed is None or edition in allowed)


def editions(release: Release, actor: Actor) -> Sequence[str]:
    """The funders' editions of a release that the reader may open, by slug."""
    found = ReleaseDocument.objects.filter(release=release).exclude(edition=PUBLIC)
    allowed = editions_of(actor, own_edition(actor))
    if allowed is not None:
        found = found.filter(edition__in=allowed)
    return sorted(found.values_list("edition", flat=True).distinct())


def provider_names() -> dict[str, str]:
    return dict(Provider.objects.values_list("code", "name"))


def funder_names(slugs: Sequence[str]) -> dict[str, str]:
    return dict(Organization.objects.filter(slug__in=slugs).values_list("slug", "name"))


def awards(year: int, funder: str = "") -> Awards:
    """What the ledger says was awarded in the year, whatever the source or by one; what was reversed is taken off.

    What funders got back is left out: with the award it would be the exact spending of one grant, which a release may
    withhold.
    """
    posted = JournalLine.objects.filter(
        Q(entry__description=AWARD) | Q(entry__reverses__description=AWARD),
        account=Account.NET_ASSETS,
        entry__posted_on__year=year,
    )
    if funder:
        posted = posted.filter(grant__funder__slug=funder)
    cents = Sum("credit_cents", default=0) - Sum("debit_cents", default=0)
    by_kind = dict(posted.order_by().values_list("grant__kind").annotate(cents=cents))
    return Awards(by_kind.get(GrantKind.PROGRAM, 0), by_kind.get(GrantKind.BOND_POOL, 0))


def public_page_is_on() -> bool:
    """Whether the last switch is on; off before the first."""
    return PublicPageSwitch.objects.order_by("-id").values_list("is_on", flat=True).first() or False


def wants_mail(user_id: int) -> bool:
    """Whether the member is mailed about new releases: yes until they say no."""
    said = ReleaseMailWish.objects.filter(user_id=user_id).values_list("is_wanted", flat=True).first()
    return said is not False
