"""Invitations: taking one up, taking one back, and those that only the operator sends."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import people
from accounts.access import MemberRequest, actor_of
from accounts.models import Invitation
from accounts.people_forms import AcceptForm, FirstInviteForm
from accounts.policies import Refused, is_operator, leads
from accounts.selectors import open_invitations

P = ParamSpec("P")


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password1", "password2")
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Makes the invited person's account and signs them in; every link that does not lead in shows the same page."""
    response = _take_up(request, token)
    # The address of this page is a way in: not even our own style sheets and next pages are told it.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _take_up(request: HttpRequest, token: str) -> HttpResponseBase:
    if request.user.is_authenticated:
        # Whether the link is good is for the invited person, not for whoever is signed in here.
        return render(request, "accounts/invitation_signed_in.html", status=409)
    try:
        invited = people.invitation_of(token)
        form = AcceptForm(request.POST if request.method == "POST" else None, invitation=invited)
        if request.method != "POST" or not form.is_valid():
            context = {"form": form, "invitation": invited}
            return render(request, "accounts/invitation.html", context, status=400 if form.errors else 200)
        user = people.accept_invitation(
            token=token, name=form.cleaned_data["name"], password=form.cleaned_data["password1"]
        )
    except people.InvitationOver:
        return render(request, "accounts/invitation_over.html", status=404)
    record_authentication(request, user, "password")
    return perform_login(request, user, redirect_url=reverse("mfa_activate_totp"))


@require_POST
@login_required
def withdraw(request: MemberRequest, invitation_id: int) -> HttpResponse:
    """Takes an open invitation back; to people of other organizations there is no such invitation."""
    withdrawn = get_object_or_404(Invitation.objects.select_related("organization"), pk=invitation_id)
    try:
        people.withdraw_invitation(invitation=withdrawn, by=request.user)
    except Refused:
        raise Http404 from None
    messages.success(request, f"The invitation of {withdrawn.email} is withdrawn: its link leads nowhere now.")
    return redirect("team" if leads(request.user, withdrawn.organization) else "invitations")


def operators_only(
    view: Callable[Concatenate[MemberRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Lets in the operator, whose account may have no membership: the very first one is made on the server."""

    @login_required
    @wraps(view)
    def guarded(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_operator(request.user):
            raise PermissionDenied("Your role does not open this page.")
        request.actor = actor_of(request.user)
        return view(request, *args, **kwargs)

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def invitations(request: MemberRequest) -> HttpResponse:
    """The operator invites an organization's first lead, and members of the fund's office and of funders."""
    form = FirstInviteForm(request.POST if request.method == "POST" else None)
    status = 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            people.invite(
                organization=form.cleaned_data["organization"],
                email=form.cleaned_data["email"],
                role=form.cleaned_data["role"],
                by=request.user,
                link_to=lambda token: request.build_absolute_uri(reverse("invitation", args=[token])),
            )
        except Refused as error:
            form.add_error(None, str(error))
            status = 409
        else:
            messages.success(request, f"The invitation is on its way to {form.cleaned_data['email']}.")
            return redirect("invitations")
    context = {"form": form, "invitations": open_invitations(now=timezone.now())}
    return render(request, "accounts/invitations.html", context, status=status)
