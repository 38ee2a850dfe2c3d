"""A member's saved filters: saved from the queue, renamed and deleted on a page of their own."""

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from referrals.actions.desk import TooManyFilters, delete_filter, rename_filter, save_filter
from referrals.filters import Filters, filters_of
from referrals.forms.filters import NameForm
from referrals.models import SavedFilter

READS_ALL = (Role.COORDINATOR, Role.AUDITOR)


@require_safe
@members_only(*READS_ALL)
def saved(request: MemberRequest) -> HttpResponse:
    """The member's own filters."""
    return _draw(request)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*READS_ALL)
def save(request: MemberRequest) -> HttpResponse:
    """Keeps what the address asks for; without a name, asks for it."""
    filters = filters_of(request.GET.dict())
    if filters == Filters():
        return redirect("referrals:queue")
    form = NameForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            save_filter(name=form.cleaned_data["name"], filters=filters, by=request.actor)
        except TooManyFilters as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, "Filter saved.")
            return redirect(reverse("referrals:queue") + filters.address())
    context = {"form": form, "filters": filters}
    return render(request, "referrals/save_filter.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*READS_ALL)
def rename(request: MemberRequest, filter_id: int) -> HttpResponse:
    """Calls it otherwise."""
    one = _filter_or_404(request, filter_id)
    if request.method != "POST":
        return redirect("referrals:filters")
    form = _name_form(one, request)
    if not form.is_valid():
        return _draw(request, failed=(one.pk, form), status=400)
    try:
        with transaction.atomic():
            rename_filter(saved=one, name=form.cleaned_data["name"], by=request.actor)
    except IntegrityError:
        form.add_error("name", "You have a filter of this name.")
        return _draw(request, failed=(one.pk, form), status=409)
    messages.success(request, "Filter renamed.")
    return redirect("referrals:filters")


@require_POST
@members_only(*READS_ALL)
def delete(request: MemberRequest, filter_id: int) -> HttpResponse:
    """It is gone; the cases are not."""
    delete_filter(saved=_filter_or_404(request, filter_id), by=request.actor)
    messages.success(request, "Filter deleted.")
    return redirect("referrals:filters")


def _filter_or_404(request: MemberRequest, filter_id: int) -> SavedFilter:
    return get_object_or_404(SavedFilter, pk=filter_id, user_id=request.actor.user_id)


def _name_form(one: SavedFilter, request: MemberRequest | None = None) -> NameForm:
    return NameForm(request.POST if request else None, initial={"name": one.name}, auto_id=f"filter-{one.pk}-%s")


def _draw(request: MemberRequest, *, failed: tuple[int, NameForm] | None = None, status: int = 200) -> HttpResponse:
    failed_id, failed_form = failed or (0, None)
    own = [
        (one, filters_of(one.filters), failed_form if failed_form and one.pk == failed_id else _name_form(one))
        for one in SavedFilter.objects.filter(user=request.user)
    ]
    return render(request, "referrals/saved_filters.html", {"own": own, "form": failed_form}, status=status)
