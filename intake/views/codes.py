"""A new return code for a family that lost theirs: shown once, in the answer to the form, and nowhere else."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES
from accounts.vault import keys_of
from intake import codes
from intake.actions import reissue_code
from intake.forms.code import NewCodeForm
from notifications.models import Contact
from privacy.models import DocumentKind
from privacy.return_codes import show
from referrals.actions.openings import OpeningReason, record_opening
from referrals.models import Case


@members_only(*HOTLINE_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def new_code(request: MemberRequest, reference: str) -> HttpResponse:
    """The steps of the call-back and what to confirm; then the new code, once."""
    case = get_object_or_404(Case, reference=reference)
    keys = keys_of(request)
    form = NewCodeForm(request.POST if request.method == "POST" else None, people=codes.people_with_codes(case))
    try:
        codes.check_may_reissue(case, by=request.actor, now=timezone.now())
        if not form.is_valid():
            return _draw(request, case, form=form)
        check, contact_id = codes.Check(form.cleaned_data["check"]), form.cleaned_data.get("person")
        if check != codes.Check.CODE_WORD:
            record_opening(case=case, kind=DocumentKind.CONTACT, reason=OpeningReason.NEW_CODE, by=request.actor)
            if codes.has_code_word(case, keys, contact_id=contact_id):
                form.add_error("check", "This family chose a code word: it is in the contact. Ask for it.")
                return _draw(request, case, form=form)
        code = reissue_code(case=case, check=check, contact_id=contact_id, by=request.actor)
    except (codes.ContactNotOpened, codes.NothingLeft) as error:
        return _draw(request, case, stopped_by=error, http_status=200 if request.method != "POST" else 409)
    return render(request, "intake/new_code_given.html", {"case": case, "code": show(code)})


def _draw(
    request: MemberRequest,
    case: Case,
    *,
    form: NewCodeForm | None = None,
    stopped_by: Exception | None = None,
    http_status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "case": case,
        "form": form,
        "nothing_left": str(stopped_by) if isinstance(stopped_by, codes.NothingLeft) else "",
        "may_call": Contact.objects.filter(case_id=case.pk, may_call=True).exists(),
        "last": codes.last_reissue(case),
        "minutes": int(codes.CONTACT_COUNTS_FOR.total_seconds() // 60),
    }
    return render(request, "intake/new_code.html", context, status=http_status)
