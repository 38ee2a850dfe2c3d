"""Legal clinics: the evenings, who has a seat by reference, and who came."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from referrals.actions import clinics as actions
from referrals.clinics import check_may_run, session_page, sessions_page, visible_sessions
from referrals.forms.clinics import SessionForm
from referrals.models import ClinicSession
from referrals.policies import WrongState

READS = (Role.COORDINATOR, Role.PROVIDER_STAFF, Role.AUDITOR)
RUNS = (Role.COORDINATOR, Role.PROVIDER_STAFF)


@require_safe
@members_only(*READS)
def clinics(request: MemberRequest) -> HttpResponse:
    """Clinics ahead with their seats; with `?past`, the earlier ones."""
    now = timezone.now()
    number = request.GET.get("page", "")
    past = "past" in request.GET
    page = sessions_page(
        request.actor, now=now, past=past, page=int(number) if number.isdecimal() and len(number) < 7 else 1
    )
    may_enter = any(request.actor.acts_as(role) for role in RUNS)
    context = {"page": page, "past": past, "may_enter": may_enter}
    return render(request, "referrals/clinics.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*RUNS)
def enter(request: MemberRequest) -> HttpResponse:
    """A new clinic."""
    form = SessionForm(_posted(request), by=request.actor, now=timezone.now())
    if not form.is_bound or not form.is_valid():
        context = {"form": form, "title": "New clinic"}
        return render(request, "referrals/clinic_form.html", context, status=400 if form.errors else 200)
    session = actions.open_session(by=request.actor, **form.cleaned_data)
    messages.success(request, "The clinic is entered. Families who wait and fit get its seats within minutes.")
    return redirect("referrals:clinic", session_id=session.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*RUNS)
def change(request: MemberRequest, session_id: UUID) -> HttpResponse:
    """Another number of seats, other languages; day, hours and place only while nobody has a seat."""
    session = _found(request, session_id)
    check_may_run(request.actor, session.provider)
    form = SessionForm(_posted(request), by=request.actor, now=timezone.now(), session=session)
    status = 400 if form.errors else 200
    if form.is_bound and form.is_valid():
        try:
            actions.change_session(session=session, by=request.actor, **form.cleaned_data)
            messages.success(request, "The clinic is changed.")
            return redirect("referrals:clinic", session_id=session.pk)
        except actions.NoSeat as error:
            form.add_error("seats", str(error))
            status = 409
    context = {"form": form, "title": f"Change: {session}", "session": session}
    return render(request, "referrals/clinic_form.html", context, status=status)


@require_safe
@members_only(*READS)
def show(request: MemberRequest, session_id: UUID) -> HttpResponse:
    """One clinic: its seats by reference, and who came."""
    now = timezone.now()
    page = session_page(_found(request, session_id), request.actor, now=now)
    sees_cases = request.actor.acts_as(Role.COORDINATOR) or request.actor.role == Role.AUDITOR
    context = {"page": page, "session": page.session, "sees_cases": sees_cases}
    return render(request, "referrals/clinic.html", context)


@require_POST
@members_only(*RUNS)
def cancel(request: MemberRequest, session_id: UUID) -> HttpResponse:
    """It does not take place; the families get other seats, and a call each."""
    session = _found(request, session_id)
    try:
        actions.cancel_session(session=session, by=request.actor)
        messages.success(request, "Cancelled. Each family is on the list of calls, and gets the next clinic that fits.")
    except WrongState as error:
        messages.warning(request, str(error))
    return redirect("referrals:clinic", session_id=session.pk)


@require_POST
@members_only(*RUNS)
def attendance(request: MemberRequest, session_id: UUID) -> HttpResponse:
    """Who came and who did not, for as many seats as were ticked; what is left open stays open."""
    session = _found(request, session_id)
    check_may_run(request.actor, session.provider)
    noted = 0
    for seat in session_page(session, request.actor, now=timezone.now()).to_note:
        said = request.POST.get(f"seat-{seat.pk}")
        if said not in ("yes", "no"):
            continue
        try:
            actions.note_attendance(seat=seat, came=said == "yes", by=request.actor)
            noted += 1
        except WrongState as error:
            messages.warning(request, f"{seat.case.reference}: {error}")
    messages.success(request, f"Noted for {noted} seat{'' if noted == 1 else 's'}.")
    return redirect("referrals:clinic", session_id=session.pk)


@require_safe
@members_only(*RUNS)
def door_list(request: MemberRequest, session_id: UUID) -> HttpResponse:
    """The list to print for the door: references alone, with a box to tick."""
    page = session_page(_found(request, session_id), request.actor, now=timezone.now())
    return render(request, "referrals/clinic_list.html", {"page": page, "session": page.session})


def _posted(request: MemberRequest) -> object:
    return request.POST if request.method == "POST" else None


def _found(request: MemberRequest, session_id: UUID) -> ClinicSession:
    return get_object_or_404(visible_sessions(request.actor), pk=session_id)
