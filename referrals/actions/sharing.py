"""Which organizations hold a wrapped key of a case's documents: policy decides who opens them before acceptance."""

from datetime import datetime

from accounts.models import Organization, OrganizationKind
from privacy import vault
from privacy.models import DocumentKind
from providers.models import Program
from referrals.models import Case

BEFORE_ACCEPTANCE = (DocumentKind.FACTS, DocumentKind.NAMES, DocumentKind.FILE)


def hotline_reader() -> str:
    return vault.reader_of(Organization.objects.filter(kind=OrganizationKind.HOTLINE).earliest("pk"))


def share_with_program(case: Case, program: Program, now: datetime) -> None:
    """Wraps what a provider with an offer may need for it; most cases have these wraps since submission."""
    _share(case, program, BEFORE_ACCEPTANCE, now)


def share_with_holder(case: Case, program: Program, now: datetime) -> None:
    """At acceptance the provider can open everything, and no other provider anything any more."""
    _share(case, program, tuple(DocumentKind), now)
    vault.destroy_wraps(
        case_id=case.pk,
        keep_readers=[vault.WORKER, hotline_reader(), vault.reader_of(program.provider.organization)],
        now=now,
    )


def keep_for_hotline(case: Case, now: datetime) -> None:
    """A case that leaves the providers keeps the hotline's wraps, and the worker's to text the family."""
    vault.destroy_wraps(case_id=case.pk, keep_readers=[vault.WORKER, hotline_reader()], now=now)


def _share(case: Case, program: Program, kinds: tuple[DocumentKind, ...], now: datetime) -> None:
    reader = vault.reader_of(program.provider.organization)
    vault.carry_out_pending(case.pk)
    missing = vault.not_wrapped_for(reader, vault.latest(case.pk, *kinds))
    holder = hotline_reader() if missing else ""
    for document in missing:
        vault.grant(document, holder=holder, reader=reader, now=now)
