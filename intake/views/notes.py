"""A note on a case: typed on a page of its own, sealed, and read like every other sealed part."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES
from referrals.actions.notes import MOST_CHARACTERS, add_note
from referrals.models import Case
from referrals.policies import WrongState, can_see_case, check_may_write_note
from referrals.views.moved_on import moved_on


class NoteForm(forms.Form):
    """One note."""

    note = forms.CharField(
        label="Note",
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=f"Sealed, for the hotline and the provider of the case. At most {MOST_CHARACTERS:,} characters.",
        error_messages={"required": "Write the note, or go back to the case."},
    )


@members_only(*HOTLINE_ROLES, *PROVIDER_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def write_note(request: MemberRequest, reference: str) -> HttpResponse:
    """Seals what was typed; a note with a mistake comes back as it was typed."""
    case = get_object_or_404(Case, reference=reference)
    if not can_see_case(request.actor, case):
        raise Http404
    check_may_write_note(request.actor, case)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "intake/note.html", {"case": case, "form": form})
    try:
        add_note(case=case, text=form.cleaned_data["note"], by=request.actor)
    except WrongState as error:
        return moved_on(request, case, error)
    messages.success(request, "Note sealed.")
    return redirect("referrals:case", reference=reference)
