"""Two requests, perhaps for one person: which, side by side once opened, and the coordinator's word."""

import logging
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES
from accounts.vault import keys_of
from intake.duplicates import NotLikely, name_by_hand, not_the_same, pair_between, pairs_of, to_compare
from intake.forms.staff import ComparingForm, NamedPairForm
from intake.merging import merge
from intake.selectors import opened
from privacy import vault
from privacy.models import DocumentKind, SealedDocument
from privacy.vault import Keys
from referrals.actions.openings import record_opening
from referrals.models import Case, Offer
from referrals.policies import WrongState, holder_of, live_offer_of
from referrals.views.moved_on import moved_on

log = logging.getLogger(__name__)

# In the order they tell whether it is one person; the last is who asked.
COMPARED = (DocumentKind.NAMES, DocumentKind.FILE, DocumentKind.FACTS, DocumentKind.CONTACT)


@dataclass(slots=True)
class Column:
    """One of the two cases as it is compared; `parts` are (kind, when sealed, its lines)."""

    case: Case
    offer: Offer | None
    parts: list[tuple[str, SealedDocument, list[tuple[str, str]]]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)


@members_only(*HOTLINE_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def duplicates(request: MemberRequest, reference: str) -> HttpResponse:
    """The likely pairs of a case; a reason opens both of a pair in the same answer, and a decision ends it."""
    case = get_object_or_404(Case, reference=reference)
    # Before anything is asked: whoever is locked out meets that page first.
    keys = keys_of(request)
    if request.method != "POST":
        return _list(request, case)
    if "number" in request.POST:
        return _name(request, case)
    other = get_object_or_404(Case, reference=request.POST.get("other", ""))
    try:
        if "decision" in request.POST:
            return _decide(request, case, other, keys)
        return _compare(request, case, other, keys)
    except WrongState as error:
        return moved_on(request, Case.objects.get(pk=case.pk), error)


def _name(request: MemberRequest, case: Case) -> HttpResponse:
    """A pair that no index found is from now on compared and decided like one that was."""
    form = NamedPairForm(request.POST)
    if form.is_valid():
        try:
            name_by_hand(case=case, other=form.cleaned_data["number"], by=request.actor)
            return redirect("intake_staff:duplicates", reference=case.reference)
        except NotLikely as error:
            form.add_error("number", str(error))
    return _list(request, case, form)


def _list(request: MemberRequest, case: Case, form: ComparingForm | NamedPairForm | None = None) -> HttpResponse:
    """The pairs to compare, each with its own question why; `form` is the one that was sent with a mistake."""
    naming = form if isinstance(form, NamedPairForm) else NamedPairForm()
    waiting = []
    for pair in to_compare(case):
        other = pair.beside(case)
        is_sent = isinstance(form, ComparingForm) and form.data.get("other") == other.reference
        waiting.append((pair, other, form if is_sent else ComparingForm(auto_id=f"id_{other.reference}_%s")))
    decided = [(pair, pair.beside(case)) for pair in pairs_of(case).exclude(decided_at=None)]
    context = {"case": case, "waiting": waiting, "decided": decided, "form": form, "naming": naming}
    return render(request, "intake/duplicates.html", context)


def _compare(request: MemberRequest, case: Case, other: Case, keys: Keys) -> HttpResponse:
    pair = pair_between(case, other)
    for one in (case, other):
        if not one.is_open:
            raise WrongState(f"{one.reference} is {one.get_state_display().lower()}: there is nothing to decide.")
    form = ComparingForm(request.POST, auto_id=f"id_{other.reference}_%s")
    if not form.is_valid():
        return _list(request, case, form)
    older, newer = sorted((case, other), key=lambda each: (each.opened_at, each.pk))
    columns = [_column(request, one, form.cleaned_data["reason"], keys) for one in (older, newer)]
    context = {"case": case, "other": other, "pair": pair, "columns": columns}
    return render(request, "intake/side_by_side.html", context)


def _column(request: MemberRequest, case: Case, reason: str, keys: Keys) -> Column:
    """A case with what the hotline can open of it, each opening logged before it is read."""
    column = Column(case, holder_of(case) or live_offer_of(case))
    documents = vault.latest(case.pk, *COMPARED)
    documents.sort(key=lambda document: COMPARED.index(DocumentKind(document.kind)))
    ours = vault.wrapped_for(keys.reader, documents)
    column.closed = [DocumentKind(one.kind).label for one in documents if one not in ours]
    for kind in dict.fromkeys(DocumentKind(document.kind) for document in ours):
        record_opening(case=case, kind=kind, reason=reason, by=request.actor)
    for document in ours:
        label = DocumentKind(document.kind).label
        try:
            column.parts.append((label, document, opened(document, keys=keys, today=localdate())))
        except vault.Unreadable:
            log.error("document %s did not open to be compared", document.pk)
            column.closed.append(label)
    return column


def _decide(request: MemberRequest, case: Case, other: Case, keys: Keys) -> HttpResponse:
    decision = request.POST["decision"]
    if decision == "not_same":
        not_the_same(case=case, other=other, by=request.actor)
        messages.success(request, f"Noted: {case.reference} and {other.reference} are two people.")
        return redirect("intake_staff:duplicates", reference=case.reference)
    kept = {f"keep {one.reference}": (one, another) for one, another in ((case, other), (other, case))}
    if decision not in kept:
        return redirect("intake_staff:duplicates", reference=case.reference)
    keep, duplicate = kept[decision]
    merge(keep=keep, duplicate=duplicate, by=request.actor, keys=keys)
    messages.success(
        request,
        f"{duplicate.reference} is joined to {keep.reference}. Both people are kept as contacts; neither was told.",
    )
    return redirect("referrals:case", reference=keep.reference)
