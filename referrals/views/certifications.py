"""U visa certifications: which agencies are late, what runs out, and the letter that reminds them."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from referrals.actions import certifications as actions
from referrals.certification_letter import NoPdf, as_pdf, letter
from referrals.certifications import line_of, today_of, tracker, visible_requests
from referrals.forms.certifications import STEP_FORMS, StepForm, steps_open_to
from referrals.models import CertificationRequest
from referrals.policies import WrongState

READS = (Role.COORDINATOR, Role.PROVIDER_STAFF, Role.AUDITOR)
FOLLOWS = (Role.COORDINATOR, Role.PROVIDER_STAFF)
FILE_NAME = "certification-letter.pdf"

# Each step as the page offers it: title, what it means, and what is said afterwards.
WORDS: dict[str, tuple[str, str, str]] = {
    "remind": ("Note a reminder", "Print the letter below, or call.", "The reminder is noted."),
    "good_cause": (
        "The agency names a good cause",
        "Records kept elsewhere, or another good cause: the City then has longer, and the State's clock counts.",
        "Noted. The State's clock counts now.",
    ),
    "certify": (
        "Supplement B is signed",
        "The petition must be received within six months of the day on it.",
        "Noted. Six months run from the day on Supplement B.",
    ),
    "refuse": ("The agency refuses", "Another request, there or elsewhere, is possible.", "The refusal is noted."),
    "filed": ("The petition was received", "Nothing runs out any more.", "Noted. Nothing runs out any more."),
    "withdraw": (
        "Withdraw the request",
        "For example because it did not ask to expedite: then make a new one that does, from the case's page.",
        "The request is withdrawn.",
    ),
}


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step this member can take now."""

    name: str
    form: StepForm
    is_open: bool

    @property
    def title(self) -> str:
        return WORDS[self.name][0]

    @property
    def means(self) -> str:
        return WORDS[self.name][1]


@require_safe
@members_only(*READS)
def certifications(request: MemberRequest) -> HttpResponse:
    """Unanswered requests, the longest overdue first, and signed certifications, the first to run out first."""
    page = tracker(
        request.actor,
        today=today_of(timezone.now()),
        page=_number(request, "page"),
        signed_page=_number(request, "signed"),
    )
    return render(request, "referrals/certifications.html", {"page": page})


@require_safe
@members_only(*READS)
def show(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """One request with its clocks, its letter, and what can be done next."""
    return _draw(request, _found(request, request_id))


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*FOLLOWS)
def take(request: MemberRequest, request_id: UUID, step: str) -> HttpResponse:
    """Takes one step; with something missing, the request's page again with what was entered."""
    found = _found(request, request_id)
    if step not in STEP_FORMS:
        raise Http404
    if request.method != "POST":
        return redirect("referrals:certification", request_id=found.pk)
    form = STEP_FORMS[step](request.POST, request=found, now=timezone.now())
    try:
        if step not in steps_open_to(found):
            raise WrongState("This cannot be done with the request now: somebody may have been quicker.")
        if not form.is_valid():
            return _draw(request, found, failed=(step, form), status=400)
        _ACTS[step](request=found, by=request.actor, **form.cleaned_data)
        messages.success(request, WORDS[step][2])
    except WrongState as error:
        messages.warning(request, str(error))
    return redirect("referrals:certification", request_id=found.pk)


_ACTS: dict[str, Callable[..., None]] = {
    "remind": actions.remind,
    "good_cause": actions.note_good_cause,
    "certify": actions.certify,
    "refuse": actions.refuse,
    "filed": actions.note_filed,
    "withdraw": actions.withdraw_request,
}


@require_safe
@members_only(*FOLLOWS)
def letter_page(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """The letter to print."""
    return _letter(request, request_id)


@require_safe
@members_only(*FOLLOWS)
def letter_pdf(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """The letter as a file; where the server cannot make one, the page to print instead."""
    found = _found(request, request_id)
    try:
        content = as_pdf(_context(request, found))
    except NoPdf:
        return _letter(request, request_id, has_no_pdf=True, status=503)
    attachment = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return HttpResponse(content, content_type="application/pdf", headers=attachment)


def _letter(request: MemberRequest, request_id: UUID, *, has_no_pdf: bool = False, status: int = 200) -> HttpResponse:
    context = _context(request, _found(request, request_id)) | {"has_no_pdf": has_no_pdf}
    return render(request, "referrals/certification_letter.html", context, status=status)


def _context(request: MemberRequest, found: CertificationRequest) -> dict[str, object]:
    sender = request.user.membership.organization
    return letter(found, sender, today=today_of(timezone.now()))


def _found(request: MemberRequest, request_id: UUID) -> CertificationRequest:
    return get_object_or_404(visible_requests(request.actor), pk=request_id)


def _draw(
    request: MemberRequest,
    found: CertificationRequest,
    *,
    failed: tuple[str, StepForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    failed_step, failed_form = failed or ("", None)
    acts = any(request.actor.acts_as(role) for role in FOLLOWS)
    steps = [
        OpenStep(
            name,
            failed_form if failed_form and name == failed_step else STEP_FORMS[name](request=found, now=now),
            name == failed_step,
        )
        for name in (steps_open_to(found) if acts else [])
    ]
    context = {
        "certification": found,
        "line": line_of(found, today=today_of(now)),
        "steps": steps,
        "acts": acts,
        "form": failed_form,
    }
    return render(request, "referrals/certification.html", context, status=status)


def _number(request: HttpRequest, name: str) -> int:
    number = request.GET.get(name, "")
    return int(number) if number.isdecimal() and len(number) < 7 else 1
