"""A member's own calendar: the page that makes its address, and the feed at that address."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from privacy import throttle
from referrals.actions.calendars import make_feed, take_back_feed
from referrals.calendar import as_ical, certifications_for, clocks_for, reader_of
from referrals.models import CalendarFeed
from web.callers import caller_of

WORKS_ON_CASES = (Role.COORDINATOR, Role.PROVIDER_STAFF)
WRONG_ADDRESSES = "wrong calendar addresses"
# So long a calendar may show what it fetched without asking again.
FRESH_SECONDS = 300


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*WORKS_ON_CASES)
def my_calendar(request: MemberRequest) -> HttpResponse:
    """Whether there is an address; on POST a new one, shown this once."""
    context: dict[str, object] = {}
    if request.method == "POST":
        token = make_feed(user=request.user)
        context["address"] = request.build_absolute_uri(reverse("referrals:calendar_feed", args=[token]))
    context["feed"] = CalendarFeed.objects.filter(user=request.user).first()
    return render(request, "referrals/my_calendar.html", context)


@require_POST
@members_only(*WORKS_ON_CASES)
def take_back(request: MemberRequest) -> HttpResponse:
    """The address leads nowhere from now on."""
    take_back_feed(user=request.user)
    messages.success(request, "The address leads nowhere any more.")
    return redirect("referrals:my_calendar")


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The clocks at a member's address; 404 for any other. No session, no cookie: the address is all a calendar has.

    Only addresses that lead nowhere are slowed and then refused: a colleague's forgotten one must not keep the
    calendars of the whole office from theirs.
    """
    actor = reader_of(token)
    if actor is None:
        return _unknown(request)
    response = HttpResponse(
        as_ical(clocks_for(actor), certifications_for(actor)), content_type="text/calendar; charset=utf-8"
    )
    response["Cache-Control"] = f"private, max-age={FRESH_SECONDS}"
    return response


def _unknown(request: HttpRequest) -> HttpResponse:
    now, caller = timezone.now(), caller_of(request)
    try:
        throttle.check(caller=caller, now=now, counted=WRONG_ADDRESSES)
    except throttle.Throttled as later:
        return HttpResponse(status=429, headers={"Retry-After": str(later.retry_after)})
    throttle.note_failure(caller=caller, now=now, counted=WRONG_ADDRESSES)
    return HttpResponse(status=404)
