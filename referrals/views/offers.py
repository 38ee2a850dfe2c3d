"""What a provider's staff answer: offers with the time left, and the cases they hold."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from accounts.vault import keys_or_none
from referrals.actions import NotChecked, accept_offer, decline_offer, record_no_conflict
from referrals.actions.answering import conflict_check_of
from referrals.forms.answers import WHAT_FOLLOWS, AcceptForm, DeclineForm
from referrals.models import Offer, OfferState
from referrals.policies import WrongState
from referrals.selectors import case_page, offers_for, visible_offers
from referrals.views.moved_on import moved_on


@require_safe
@members_only(Role.PROVIDER_STAFF)
def desk(request: MemberRequest) -> HttpResponse:
    """The organization's live offers, the first to lapse first, and the cases it holds, in pages."""
    now = timezone.now()
    shown = offers_for(request.actor.organization_id, now=now, page=request.GET.get("page"))
    return render(request, "referrals/offers.html", {"desk": shown, "now": now})


@require_safe
@members_only(Role.PROVIDER_STAFF)
def show(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    """One offer, with what may be opened before the answer."""
    return _draw(request, _offer_or_404(request, offer_id))


@require_POST
@members_only(Role.PROVIDER_STAFF)
def no_conflict(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    """Says that the names were read and nobody stands in the way; then the file opens."""
    offer = _offer_or_404(request, offer_id)
    try:
        record_no_conflict(offer=offer, by=request.actor)
    except NotChecked as error:
        return _draw(request, offer, refused=error, status=409)
    except WrongState as error:
        return moved_on(request, offer.case, error)
    messages.success(request, f"{offer.case.reference}: no conflict recorded. You can read the file and answer now.")
    return redirect("referrals:offer", offer_id=offer_id)


@require_POST
@members_only(Role.PROVIDER_STAFF)
def accept(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    """Takes the case."""
    offer = _offer_or_404(request, offer_id)
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return _draw(request, offer, status=400)
    try:
        accept_offer(offer=offer, scope=form.cleaned_data["scope"], by=request.actor, keys=keys_or_none(request))
    except NotChecked as error:
        return _draw(request, offer, refused=error, status=409)
    except WrongState as error:
        return moved_on(request, offer.case, error)
    messages.success(request, f"{offer.case.reference} is yours. Call the family next.")
    return redirect("referrals:case", reference=offer.case.reference)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(Role.PROVIDER_STAFF)
def decline(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    """Says no with a reason code; without one, the offer's page again."""
    offer = _offer_or_404(request, offer_id)
    if request.method != "POST":
        return redirect("referrals:offer", offer_id=offer_id)
    form = DeclineForm(request.POST, offer=offer)
    if not form.is_valid():
        return _draw(request, offer, form=form, status=400)
    try:
        decline_offer(offer=offer, reason=form.cleaned_data["reason"], by=request.actor)
    except WrongState as error:
        return moved_on(request, offer.case, error)
    messages.success(request, f"{offer.case.reference} declined; the next provider is asked.")
    return redirect("referrals:offers")


def _offer_or_404(request: MemberRequest, offer_id: UUID) -> Offer:
    return get_object_or_404(visible_offers(request.actor), pk=offer_id)


def _draw(
    request: MemberRequest,
    offer: Offer,
    *,
    form: DeclineForm | None = None,
    refused: NotChecked | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    context = {
        "offer": offer,
        "page": case_page(offer.case, request.actor, now=now),
        "now": now,
        "form": form,
        "refused": refused,
        "decline": form or DeclineForm(offer=offer),
        "accept": AcceptForm(auto_id=f"accept-{offer.pk}-%s"),
        "what_follows": WHAT_FOLLOWS,
    }
    if offer.state == OfferState.LIVE:
        context["check"] = conflict_check_of(offer)
    return render(request, "referrals/offer.html", context, status=status)
