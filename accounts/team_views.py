"""The team page: who belongs to an organization and who can open its vault; inviting, letting in and removing."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import people
from accounts.access import MemberRequest, members_only
from accounts.models import Organization, User
from accounts.people_forms import InviteForm
from accounts.policies import ROLES_OF_KIND, Refused
from accounts.roles import LEAD_ROLES, Role
from accounts.selectors import Colleague, VaultState, open_invitations, people_log, team_of
from accounts.vault import guesses, holder_of, keys_of, reader_of_member
from accounts.vault.access import vault_members_only
from accounts.vault.forms import UnlockForm
from privacy import holders, vault
from privacy.readers import having_keys
from privacy.throttle import Throttled

HAVE_A_TEAM = (Role.COORDINATOR, Role.PROVIDER_STAFF)


@dataclass(frozen=True, slots=True)
class OwnSteps:
    """What a newcomer has done of what comes before the first file."""

    has_second_factor: bool
    has_passphrase: bool
    is_in: bool

    @property
    def are_done(self) -> bool:
        return self.has_second_factor and self.has_passphrase and self.is_in


@require_safe
@members_only(*HAVE_A_TEAM)
def team(request: MemberRequest) -> HttpResponse:
    """Everybody of the member's organization; what leads alone may see or do is shown to leads alone."""
    return _draw(request)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(Role.HOTLINE_LEAD, Role.PROVIDER_LEAD)
def invite(request: MemberRequest) -> HttpResponse:
    """Sends an invitation; with a mistake, the team page again with what stands in the way."""
    if request.method != "POST":
        return redirect("team")
    organization = _organization(request)
    form = InviteForm(request.POST, roles=ROLES_OF_KIND[organization.kind])
    if not form.is_valid():
        return _draw(request, form, status=400)
    try:
        people.invite(
            organization=organization,
            email=form.cleaned_data["email"],
            role=form.cleaned_data["role"],
            by=request.user,
            link_to=lambda token: request.build_absolute_uri(reverse("invitation", args=[token])),
        )
    except Refused as error:
        form.add_error("email", str(error))
        return _draw(request, form, status=409)
    messages.success(request, f"The invitation is on its way to {form.cleaned_data['email']}.")
    return redirect("team")


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*HAVE_A_TEAM)
def let_in(request: MemberRequest, user_id: int) -> HttpResponse:
    """Shows the number to compare, then lets the colleague in with the keys that the sender has unlocked."""
    user = _colleague_or_404(request, user_id)
    keys = keys_of(request)
    if request.method != "POST":
        compared = people.check_number(user)
        if not compared:
            return redirect("team")
        return render(request, "accounts/team_let_in.html", {"colleague": user, "number": compared})
    try:
        people.let_in(user=user, keys=keys, by=request.user, compared=request.POST.get("number", ""))
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{user.name} can open the files now, with their own passphrase.")
    return redirect("team")


@vault_members_only
@require_http_methods(["GET", "HEAD", "POST"])
def number(request: MemberRequest) -> HttpResponse:
    """Shows who waits to be let in the number of the key they really have, which takes their passphrase."""
    holder, now = holder_of(request.user), timezone.now()
    if not holders.has_key(holder) or holders.may_open(holder, reader_of_member(request.user)):
        return redirect("team")
    form = UnlockForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "accounts/team_number.html", {"form": form}, status=400 if form.errors else 200)
    try:
        guesses.check(request, now)
        private = holders.private_of(holder, form.cleaned_data["passphrase"])
    except Throttled as refused:
        form.add_error(None, guesses.sentence(refused))
        return render(request, "accounts/team_number.html", {"form": form}, status=429)
    except vault.Unreadable:
        guesses.note_wrong(request, now)
        form.add_error("passphrase", "This is not your vault passphrase. Wrong ones are counted.")
        return render(request, "accounts/team_number.html", {"form": form}, status=400)
    return render(request, "accounts/team_number.html", {"number": people.number_of(private.public())})


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(Role.HOTLINE_LEAD, Role.PROVIDER_LEAD)
def remove(request: MemberRequest, user_id: int) -> HttpResponse:
    """Says what removing somebody does, then does it."""
    user = _colleague_or_404(request, user_id)
    is_own = user.pk == request.user.pk
    if request.method != "POST":
        return render(request, "accounts/team_remove.html", {"colleague": user, "is_own": is_own})
    try:
        people.remove(user=user, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("team")
    if is_own:
        logout(request)
        return redirect("account_login")
    messages.success(request, f"{user.name} is removed and signed out everywhere.")
    return redirect("team")


def _organization(request: MemberRequest) -> Organization:
    return Organization.objects.get(memberships__user=request.user)


def _colleague_or_404(request: MemberRequest, user_id: int) -> User:
    colleagues = User.objects.filter(is_active=True, membership__organization=_organization(request))
    return get_object_or_404(colleagues, pk=user_id)


def _draw(request: MemberRequest, form: InviteForm | None = None, *, status: int = 200) -> HttpResponse:
    organization = _organization(request)
    is_lead = request.actor.role in LEAD_ROLES
    colleagues = team_of(organization)
    steps = _own_steps(request, colleagues)
    context = {
        "organization": organization,
        "colleagues": colleagues,
        "waits": VaultState.WAITS,
        "is_lead": is_lead,
        "has_key": bool(having_keys([vault.reader_of(organization)])),
        "steps": steps,
        "invitations": open_invitations(now=timezone.now(), organization=organization) if is_lead else [],
        "form": form or (InviteForm(roles=ROLES_OF_KIND[organization.kind]) if is_lead else None),
        "log": people_log(organization, request.GET.get("page", "1")),
    }
    return render(request, "accounts/team.html", context, status=status)


def _own_steps(request: MemberRequest, colleagues: list[Colleague]) -> OwnSteps:
    own = next((one for one in colleagues if one.membership.user_id == request.user.pk), None)
    if own is None:
        # Removed in the very moment of asking.
        raise Http404
    return OwnSteps(
        has_second_factor=own.has_second_factor,
        has_passphrase=own.vault is not VaultState.NO_PASSPHRASE,
        is_in=own.vault is VaultState.IN,
    )
