"""The opened file for its provider's own case system: made in the answer to a form, never at an address."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import PROVIDER_ROLES
from accounts.vault import keys_of
from intake import hand_over as file_of
from privacy.vault import Keys
from referrals.actions.openings import OpeningReason, record_opening
from referrals.models import Case, Offer
from referrals.policies import can_see_case, offer_held_by

FORMATS = {"json": "application/json", "pdf": "application/pdf"}


@members_only(*PROVIDER_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: MemberRequest, reference: str) -> HttpResponse:
    """What is in the file and how to take it; posting a format answers with the file."""
    case = get_object_or_404(Case.objects.select_related("facility"), reference=reference)
    if not can_see_case(request.actor, case):
        raise Http404
    offer = offer_held_by(request.actor, case)
    if offer is None:
        raise PermissionDenied("The file can be taken by the provider that has accepted the case.")
    keys = keys_of(request)
    wanted = request.POST.get("format", "")
    if wanted not in FORMATS:
        return _draw(request, case, offer, keys)
    now = timezone.now()
    for kind in file_of.kinds_of(case):
        # Before it is read: no failure gives content without a trace.
        record_opening(case=case, kind=kind, reason=OpeningReason.HAND_OVER, by=request.actor, now=now)
    file = file_of.opened_file(case, keys=keys, now=now)
    try:
        content = file_of.as_json(file) if wanted == "json" else file_of.as_pdf(file, today=localdate(now))
    except file_of.NoPdf:
        return _draw(request, case, offer, keys, has_no_pdf=True, status=503)
    # The reference alone: a folder of downloads names nobody.
    attachment = {"Content-Disposition": f'attachment; filename="{case.reference}.{wanted}"'}
    return HttpResponse(content, content_type=FORMATS[wanted], headers=attachment)


def _draw(
    request: MemberRequest, case: Case, offer: Offer, keys: Keys, *, has_no_pdf: bool = False, status: int = 200
) -> HttpResponse:
    context = {
        "case": case,
        "offer": offer,
        "kinds": [kind.label for kind in file_of.kinds_of(case)],
        "missing": [kind.label for kind in file_of.missing_of(case, keys.reader)],
        "has_no_pdf": has_no_pdf,
    }
    return render(request, "intake/hand_over.html", context, status=status)
