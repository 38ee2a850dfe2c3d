"""Releases for funders' members and the fund's office, and for anybody where the fund has switched that on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Actor, Role
from funding import release_reads
from funding.actions.portal import choose_release_mail
from funding.models import Release
from funding.policies import RELEASE_READERS, can_choose_mail
from funding.portal.attorney import measured
from funding.portal.charts import Chart, chart_of, drawn, languages
from funding.portal.document import Document
from funding.portal.tables import Table, own_money, tables_of
from funding.portal.words import quarter_words
from funding.portal.years import own_money as own_money_of_year
from funding.portal.years import year_of
from funding.releases.book import THRESHOLD

P = ParamSpec("P")

CONTENT_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Site:
    """The same pages at two places: the frame around them, and what their routes are called."""

    base: str
    index: str
    release: str
    file: str
    year: str


MEMBERS = Site(
    "web/base_staff.html", "funding:funders", "funding:release", "funding:release_file", "funding:release_year"
)
ANYBODY = Site(
    "funding/portal/base_public.html",
    "funding:reports",
    "funding:report",
    "funding:report_file",
    "funding:report_year",
)


@require_safe
@members_only(*RELEASE_READERS)
def funders(request: MemberRequest) -> HttpResponse:
    """The newest release with its tables, and the way to all others."""
    context = _index(request, MEMBERS, request.actor)
    if can_choose_mail(request.actor):
        context["wants_mail"] = release_reads.wants_mail(request.user.pk)
    return render(request, "funding/portal/index.html", context)


@require_safe
@members_only(*RELEASE_READERS)
def release(request: MemberRequest, quarter: str) -> HttpResponse:
    """One quarter, for ever as it was published."""
    found = get_object_or_404(Release, quarter=quarter)
    context = {"site": MEMBERS, "threshold": THRESHOLD} | _reading(found, request.actor)
    return render(request, "funding/portal/release.html", context)


@require_safe
@members_only(*RELEASE_READERS)
def release_file(request: MemberRequest, quarter: str, file_format: str) -> HttpResponse:
    """The public edition's stored bytes."""
    return _file(quarter, release_reads.PUBLIC, file_format)


@require_safe
@members_only(*RELEASE_READERS)
def edition_file(request: MemberRequest, quarter: str, edition: str, file_format: str) -> HttpResponse:
    """A funder's own edition. Another's is answered as one that does not exist."""
    if not release_reads.may_open(request.actor, edition):
        raise Http404
    return _file(quarter, edition, file_format)


@require_safe
@members_only(*RELEASE_READERS)
def year(request: MemberRequest, number: int) -> HttpResponse:
    """The year in review, to be printed."""
    context = _year(number, MEMBERS, release_reads.own_edition(request.actor))
    return render(request, "funding/portal/year.html", context)


@require_POST
@members_only(Role.FUNDER)
def release_mail(request: MemberRequest) -> HttpResponse:
    """Mails about new releases: wanted or not."""
    choose_release_mail(is_wanted=request.POST.get("wanted") == "yes", by=request.actor)
    return redirect("funding:funders")


def _when_public(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """There is no such page until the fund has switched it on; in English whatever the browser asks for."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not release_reads.public_page_is_on():
            raise Http404
        with translation.override("en"):
            response = view(request, *args, **kwargs)
        response["Content-Language"] = "en"
        return response

    return guarded


@require_safe
@_when_public
def reports(request: HttpRequest) -> HttpResponse:
    """What `funders` shows, of the public edition, to anybody. No cookie is read or set."""
    return render(request, "funding/portal/index.html", _index(request, ANYBODY, None))


@require_safe
@_when_public
def report(request: HttpRequest, quarter: str) -> HttpResponse:
    """One quarter's public edition."""
    found = get_object_or_404(Release, quarter=quarter)
    context = {"site": ANYBODY, "threshold": THRESHOLD} | _reading(found, None)
    return render(request, "funding/portal/release.html", context)


@require_safe
@_when_public
def report_file(request: HttpRequest, quarter: str, file_format: str) -> HttpResponse:
    """The public edition's stored bytes."""
    return _file(quarter, release_reads.PUBLIC, file_format)


@require_safe
@_when_public
def report_year(request: HttpRequest, number: int) -> HttpResponse:
    """The year in review from the public editions."""
    return render(request, "funding/portal/year.html", _year(number, ANYBODY, ""))


def _index(request: HttpRequest, site: Site, actor: Actor | None) -> dict[str, Any]:
    page = release_reads.releases(request.GET.get("page"))
    latest = page.object_list[0] if page.number == 1 and page.object_list else None
    context = {
        "site": site,
        "threshold": THRESHOLD,
        "page": page,
        "years": release_reads.years(),
    }
    return context | (_reading(latest, actor) if latest else {})


def _reading(release: Release, actor: Actor | None) -> dict[str, Any]:
    """A release's tables with their charts, a funder's own row, and what may be downloaded."""
    document = release_reads.document_of(release)
    own = release_reads.own_edition(actor) if actor else ""
    own_document = release_reads.document_of(release, own) if own else None
    editions = release_reads.editions(release, actor) if actor else ()
    tables = tables_of(document, release_reads.provider_names()) if document else []
    return {
        "release": release,
        "words": quarter_words(release.quarter),
        "document": document,
        "parts": [(table, _charts(table, release.quarter)) for table in tables],
        "own": own_money(own_document) if own_document else None,
        "editions": [(slug, name) for slug, name in release_reads.funder_names(editions).items()],
        "is_own": bool(own),
        "formats": CONTENT_TYPES,
    }


def _charts(table: Table, quarter: str) -> list[Chart]:
    name = f"{table.code}-{quarter}"
    found = [chart_of(table, name)]
    if table.code == "places":
        found.append(languages(table, f"languages-{quarter}"))
    return [chart for chart in found if chart is not None]


def _file(quarter: str, edition: str, file_format: str) -> HttpResponse:
    stored = release_reads.file_of(quarter, edition, file_format) if file_format in CONTENT_TYPES else None
    if stored is None:
        raise Http404
    response = HttpResponse(bytes(stored.content), content_type=CONTENT_TYPES[file_format])
    # A name that says nothing of whose edition it is.
    response["Content-Disposition"] = f'attachment; filename="report-{quarter}.{file_format}"'
    return response


def _year(number: int, site: Site, own: str) -> dict[str, Any]:
    documents = release_reads.documents_of(number)
    if not documents:
        raise Http404
    own_documents: list[Document] = release_reads.documents_of(number, own) if own else []
    told = year_of(number, documents)
    return {
        "site": site,
        "threshold": THRESHOLD,
        "year": told,
        "awards": release_reads.awards(number),
        "own_awards": release_reads.awards(number, own) if own else None,
        "own_money": own_money_of_year(own_documents),
        "own_quarters": [document.quarter for document in own_documents],
        "charts": [
            chart
            for name, title, figures in (("opened", "Opened", told.opened), ("placed", "Placed", told.placed))
            if (chart := drawn(f"{name}-{number}", f"{title}, by quarter", [*zip(told.quarters, figures, strict=True)]))
        ],
        "attorney": measured(),
    }
