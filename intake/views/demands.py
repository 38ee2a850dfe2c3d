"""What families may know of legal demands: what we could be made to hand over, and how often it happened."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from privacy.published import published_list
from privacy.registry import Level
from referrals.demands import counted_by_year
from referrals.models import DemandKind

# The kinds in plain words; staff read the law's.
KINDS: dict[DemandKind, str | Promise] = {
    DemandKind.ADMINISTRATIVE: _("Order from a government office, not signed by a judge"),
    DemandKind.GRAND_JURY: _("Order from a grand jury"),
    DemandKind.CIVIL: _("Order in a case that is not about a crime"),
    DemandKind.COURT_ORDER: _("Order from a judge"),
    DemandKind.WARRANT: _("Search warrant signed by a judge"),
    DemandKind.INFORMAL: _("Request that nobody has to obey"),
}


@require_safe
def legal_demands(request: HttpRequest) -> HttpResponse:
    """What we hold, in a few sentences, and the yearly count; sets no cookie."""
    years = counted_by_year(timezone.now())
    kinds = [(year, [(KINDS[count.kind], count) for count in year.kinds if count.received]) for year in years]
    return render(request, "intake/legal_demands.html", {"years": kinds})


# The one page that travels packed: it is long, and holds neither a secret nor a word that a reader chose.
@gzip_page
@require_safe
def published(request: HttpRequest) -> HttpResponse:
    """The published list, in English: of each table that tells of cases, what can be read in it."""
    tables = [(table, readable) for table in published_list() if (readable := table.of(Level.P1))]
    return render(request, "intake/published_list.html", {"tables": tables})
