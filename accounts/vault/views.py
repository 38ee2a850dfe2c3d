"""Unlocking and locking the vault, and changing the organization's key."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest
from accounts.models import User
from accounts.policies import Refused
from accounts.roles import LEAD_ROLES
from accounts.vault import guesses, holder_of, keys_of, keys_or_none, lock, reader_of_member, unlock
from accounts.vault.access import membership_with_vault, next_page, on_to, vault_members_only, waiting, without_key
from accounts.vault.actions import begin_rotation, begin_rotation_if_wanted, continue_rotation, finish_rotation
from accounts.vault.forms import UnlockForm
from accounts.vault.policies import others_let_in
from privacy import holders, rotation
from privacy.models import ReaderKey
from privacy.readers import having_keys
from privacy.throttle import Throttled
from privacy.unlocked import AT_MOST, IDLE_FOR
from privacy.vault import Unreadable

LASTS = {"idle_minutes": int(IDLE_FOR.total_seconds() // 60), "hours": int(AT_MOST.total_seconds() // 3600)}


@vault_members_only
@require_safe
def overview(request: MemberRequest) -> HttpResponse:
    """Whether the vault is unlocked, and all that a member or a lead can do about its keys."""
    membership = membership_with_vault(request)
    reader, holder = reader_of_member(request.user), holder_of(request.user)
    context = {
        "organization": membership.organization,
        "has_key": bool(having_keys([reader])),
        "has_passphrase": holders.has_key(holder),
        "is_let_in": holders.may_open(holder, reader),
        "is_lead": request.actor.role in LEAD_ROLES,
        **LASTS,
    }
    return render(request, "accounts/vault.html", context)


@vault_members_only
@require_http_methods(["GET", "HEAD", "POST"])
def unlock_vault(request: MemberRequest) -> HttpResponse:
    """Takes the passphrase; whoever has none yet, or is not let in yet, is told what comes first."""
    membership = membership_with_vault(request)
    reader, holder = reader_of_member(request.user), holder_of(request.user)
    if not having_keys([reader]):
        return without_key(request, membership)
    if not holders.has_key(holder):
        return on_to("vault_passphrase", request)
    if holders.is_left_out(holder, reader):
        raise holders.Planted(f"the key in use of {reader} is not one that {holder} was let in to")
    if not holders.may_open(holder, reader):
        return waiting(request, membership)
    if request.method != "POST" and keys_or_none(request) is not None:
        return redirect(next_page(request))
    form = UnlockForm(request.POST if request.method == "POST" else None)
    return _try(request, form) if form.is_valid() else _ask(request, form)


def _try(request: MemberRequest, form: UnlockForm) -> HttpResponse:
    now, reader, holder = timezone.now(), reader_of_member(request.user), holder_of(request.user)
    try:
        guesses.check(request, now)
        private = holders.private_of(holder, form.cleaned_data["passphrase"])
    except Throttled as refused:
        form.add_error(None, guesses.sentence(refused))
        return _ask(request, form, status=429)
    except Unreadable:
        guesses.note_wrong(request, now)
        form.add_error("passphrase", "This is not your vault passphrase. Wrong ones are counted.")
        return _ask(request, form)
    try:
        keys = holders.keys_of(holder, private, reader)
    except Unreadable:
        if holders.may_open(holder, reader):
            raise holders.Planted(f"a grant of {reader} does not open with its holder's key") from None
        # Removed, or the key changed, since the page was asked for.
        return on_to("vault_unlock", request)
    # An alarm, if there is one to raise, before anything is opened.
    holders.holders_of(keys)
    begin_rotation_if_wanted(by=request.user, keys=keys, now=now)
    if rotation.remaining(reader):
        response = on_to("vault_rotate", request)
    else:
        finish_rotation(reader=reader, now=now)
        response = redirect(next_page(request))
    unlock(request, response, private, now=now)
    return response


def _ask(request: HttpRequest, form: UnlockForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "next": next_page(request), **LASTS}
    return render(request, "accounts/vault_unlock.html", context, status=status)


@require_POST
def lock_vault(request: HttpRequest) -> HttpResponse:
    """Forgets the unlocked key; pressing twice is once."""
    response = redirect(next_page(request))
    if isinstance(request.user, User):
        lock(request, response)
        messages.success(request, "Your vault is locked.")
    return response


@vault_members_only
@require_safe
def lost_passphrase(request: MemberRequest) -> HttpResponse:
    """What can be done about a lost passphrase, and what nobody can do."""
    membership = membership_with_vault(request)
    reader = reader_of_member(request.user)
    context = {
        "organization": membership.organization,
        "others": others_let_in(membership),
        "has_recovery_key": holders.may_open(holders.recovery_holder(reader), reader),
    }
    return render(request, "accounts/vault_help.html", context)


@vault_members_only
@require_http_methods(["GET", "HEAD", "POST"])
def rotate(request: MemberRequest) -> HttpResponse:
    """How far a change of the organization's key is, and the button that goes on with it, 500 wraps at a time."""
    membership = membership_with_vault(request)
    keys, now = keys_of(request), timezone.now()
    if request.method == "POST":
        if "begin" in request.POST:
            try:
                begin_rotation(by=request.user, keys=keys, now=now)
            except Refused as refused:
                raise PermissionDenied(str(refused)) from None
        else:
            continue_rotation(keys=keys, now=now)
        return on_to("vault_rotate", request, going="1")
    left = rotation.remaining(keys.reader)
    in_use = ReaderKey.objects.filter(reader=keys.reader, retired_at=None).first()
    context = {
        "organization": membership.organization,
        "left": left,
        "at_once": min(left, rotation.AT_ONCE),
        "is_going": "going" in request.GET,
        "since": in_use.created_at if in_use else None,
        "is_lead": request.actor.role in LEAD_ROLES,
        "next": next_page(request),
    }
    return render(request, "accounts/vault_rotate.html", context)
