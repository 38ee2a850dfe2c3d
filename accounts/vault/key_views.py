"""Making the organization's key, setting and changing passphrases, and the printed recovery key."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest
from accounts.models import Organization
from accounts.policies import Refused
from accounts.vault import guesses, holder_of, keys_of, lock, reader_of_member, unlock
from accounts.vault.access import (
    leads_only,
    membership_with_vault,
    next_page,
    on_to,
    vault_members_only,
    waiting,
    without_key,
)
from accounts.vault.actions import make_organization_key, recover, replace_recovery_key, set_passphrase, start_again
from accounts.vault.forms import ChangePassphraseForm, KeptForm, NewPassphraseForm, RecoverForm, StartAgainForm
from accounts.vault.policies import others_let_in
from privacy import holders
from privacy.models import HolderKey
from privacy.readers import having_keys
from privacy.throttle import Throttled
from privacy.vault import Unreadable


@vault_members_only
@require_http_methods(["GET", "HEAD", "POST"])
def make_key(request: MemberRequest) -> HttpResponse:
    """The first lead chooses a passphrase, gets the organization's key made and sees the recovery key, once."""
    membership = membership_with_vault(request)
    if having_keys([reader_of_member(request.user)]):
        return on_to("vault_unlock", request)
    leads_only(request)
    form = NewPassphraseForm(request.POST if request.method == "POST" else None, user=request.user)
    if not form.is_valid():
        context = {"form": form, "organization": membership.organization, "next": next_page(request)}
        return render(request, "accounts/vault_make_key.html", context)
    now = timezone.now()
    try:
        made = make_organization_key(by=request.user, passphrase=form.cleaned_data["passphrase"], now=now)
    except Refused as refused:
        # Another lead was quicker.
        messages.error(request, str(refused))
        return on_to("vault_unlock", request)
    response = _show_once(request, membership.organization, made.recovery_key)
    unlock(request, response, made.private, now=now)
    return response


@vault_members_only
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_key(request: MemberRequest) -> HttpResponse:
    """A lead replaces the printed recovery key, and says of a new one that it is written down."""
    membership = membership_with_vault(request)
    leads_only(request)
    if "shown" in request.POST:
        return _note_kept(request)
    keys = keys_of(request)
    if request.method == "POST":
        return _show_once(request, membership.organization, replace_recovery_key(by=request.user, keys=keys))
    holder = HolderKey.objects.filter(holder=holders.recovery_holder(keys.reader)).first()
    context = {"organization": membership.organization, "made_at": holder.created_at if holder else None}
    return render(request, "accounts/vault_recovery_key.html", context)


@vault_members_only
@require_http_methods(["GET", "HEAD", "POST"])
def passphrase(request: MemberRequest) -> HttpResponse:
    """A first passphrase, after which a colleague lets the member in; or, unlocked, another one."""
    membership = membership_with_vault(request)
    reader, holder = reader_of_member(request.user), holder_of(request.user)
    if not having_keys([reader]):
        return without_key(request, membership)
    if holders.may_open(holder, reader):
        return _change(request)
    form = NewPassphraseForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        set_passphrase(by=request.user, passphrase=form.cleaned_data["passphrase"])
        return on_to("vault_unlock", request)
    context = {"form": form, "next": next_page(request), "has_one": holders.has_key(holder)}
    return render(request, "accounts/vault_passphrase.html", context)


def _change(request: MemberRequest) -> HttpResponse:
    keys, now = keys_of(request), timezone.now()
    form = ChangePassphraseForm(request.POST if request.method == "POST" else None, user=request.user)
    context = {"form": form, "next": next_page(request), "is_change": True}
    if not form.is_valid():
        return render(request, "accounts/vault_passphrase.html", context)
    try:
        guesses.check(request, now)
        holders.private_of(holder_of(request.user), form.cleaned_data["present"])
    except Throttled as refused:
        form.add_error(None, guesses.sentence(refused))
        return render(request, "accounts/vault_passphrase.html", context, status=429)
    except Unreadable:
        guesses.note_wrong(request, now)
        form.add_error("present", "This is not your present vault passphrase. Wrong ones are counted.")
        return render(request, "accounts/vault_passphrase.html", context)
    private = set_passphrase(by=request.user, passphrase=form.cleaned_data["passphrase"], keys=keys, now=now)
    messages.success(request, "Your vault passphrase is changed. The old one opens nothing any more.")
    response = redirect(next_page(request))
    unlock(request, response, private, now=now)
    return response


@vault_members_only
@require_http_methods(["GET", "HEAD", "POST"])
def start_over(request: MemberRequest) -> HttpResponse:
    """A new passphrase instead of a lost one; a colleague must let the member in again."""
    membership = membership_with_vault(request)
    if not holders.may_open(holder_of(request.user), reader_of_member(request.user)):
        return on_to("vault_unlock", request)
    form = StartAgainForm(request.POST if request.method == "POST" else None, user=request.user)
    others = others_let_in(membership)
    if form.is_valid():
        try:
            start_again(by=request.user, passphrase=form.cleaned_data["passphrase"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            response = waiting(request, membership)
            lock(request, response)
            return response
    return render(request, "accounts/vault_start_again.html", {"form": form, "others": others})


@vault_members_only
@require_http_methods(["GET", "HEAD", "POST"])
def recover_access(request: MemberRequest) -> HttpResponse:
    """The printed recovery key lets a member in, under a new passphrase."""
    membership = membership_with_vault(request)
    reader = reader_of_member(request.user)
    if not holders.may_open(holders.recovery_holder(reader), reader):
        return render(request, "accounts/vault_recover.html", {"organization": membership.organization})
    form = RecoverForm(request.POST if request.method == "POST" else None, user=request.user)
    return _recover(request, form) if form.is_valid() else _ask_for_recovery_key(request, form)


def _recover(request: MemberRequest, form: RecoverForm) -> HttpResponse:
    now, given = timezone.now(), form.cleaned_data
    try:
        guesses.check(request, now)
        private = recover(by=request.user, printed=given["printed"], passphrase=given["passphrase"], now=now)
    except Throttled as refused:
        form.add_error(None, guesses.sentence(refused))
        return _ask_for_recovery_key(request, form, status=429)
    except Unreadable:
        guesses.note_wrong(request, now)
        form.add_error(
            "printed",
            "This is a recovery key, but not the one your organization has now. "
            "Perhaps it was replaced: look for a newer sheet. Wrong ones are counted.",
        )
        return _ask_for_recovery_key(request, form)
    messages.success(request, "You are in, with your new passphrase. Your organization's leads are told by e-mail.")
    response = redirect(next_page(request))
    unlock(request, response, private, now=now)
    return response


def _ask_for_recovery_key(request: MemberRequest, form: RecoverForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "next": next_page(request)}
    return render(request, "accounts/vault_recover.html", context, status=status)


def _show_once(request: MemberRequest, organization: Organization, printed: str) -> HttpResponse:
    """The only answer that ever holds the recovery key."""
    context = {
        "groups": printed.split("-"),
        "organization": organization,
        "form": KeptForm(),
        "made_at": timezone.now(),
        "next": next_page(request),
    }
    return render(request, "accounts/vault_recovery_key_shown.html", context)


def _note_kept(request: MemberRequest) -> HttpResponse:
    if KeptForm(request.POST).is_valid():
        messages.success(request, "Good. Keep the recovery key away from this computer, where two of you find it.")
        return redirect(next_page(request))
    messages.warning(request, "The recovery key is not shown again. If you did not write it down, replace it now.")
    return on_to("vault_recovery_key", request)
