"""What stands in front of every page of the vault, and the way on from it."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters

from accounts.access import MemberRequest, members_only
from accounts.models import Membership
from accounts.policies import Refused
from accounts.roles import HOTLINE_ROLES, LEAD_ROLES, PROVIDER_ROLES
from accounts.second_factor import second_factor_first
from accounts.vault.policies import check_has_vault, leads_of, others_let_in

P = ParamSpec("P")

FIRST_PAGE = "/staff/"


def vault_members_only(
    view: Callable[Concatenate[Any, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Lets in members of the hotline and of providers (403 for others) who have passed a second factor."""
    return members_only(*HOTLINE_ROLES, *PROVIDER_ROLES)(second_factor_first(sensitive_post_parameters()(view)))


def next_page(request: HttpRequest) -> str:
    """Where the member was going: a page of this site by its path alone, else the first page of their day."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if not wanted.startswith("/") or not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return FIRST_PAGE
    path = urlsplit(wanted).path
    try:
        resolve(path)
    except (Resolver404, Http404):
        return FIRST_PAGE
    return path


def on_to(name: str, request: HttpRequest, **query: str) -> HttpResponse:
    """To another page of the vault, from which the way goes on to where the member was going."""
    if (wanted := next_page(request)) != FIRST_PAGE:
        query["next"] = wanted
    return redirect(f"{reverse(name)}{'?' if query else ''}{urlencode(query)}")


def membership_with_vault(request: MemberRequest) -> Membership:
    """The membership whose organization reads sealed documents; 403 where there is none."""
    try:
        return check_has_vault(request.user)
    except Refused as refused:
        raise PermissionDenied(str(refused)) from None


def leads_only(request: MemberRequest) -> None:
    """403 for everybody but a lead."""
    if request.actor.role not in LEAD_ROLES:
        raise PermissionDenied("Only a lead opens this page.")


def without_key(request: MemberRequest, membership: Membership) -> HttpResponse:
    """A lead is led to make the organization's key, everybody else told who can."""
    if request.actor.role in LEAD_ROLES:
        return on_to("vault_make_key", request)
    context = {"organization": membership.organization, "leads": leads_of(membership)}
    return render(request, "accounts/vault_no_key.html", context)


def waiting(request: MemberRequest, membership: Membership) -> HttpResponse:
    """Who has a passphrase but is not let in yet is told who can do that."""
    context = {"organization": membership.organization, "others": others_let_in(membership)}
    return render(request, "accounts/vault_waiting.html", context)
