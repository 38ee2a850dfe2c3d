"""Every route of the resolver, and which of them are no pages."""

from collections.abc import Iterator

from django.urls import URLResolver, get_resolver

# Routes that show nothing to look at, with the reason.
NO_PAGE: dict[str, str] = {
    "health/live": "JSON",
    "health/ready": "JSON",
    "hooks/twilio/sms/": "the carrier's webhook",
    "hooks/twilio/status/<uuid:message_id>/": "Twilio's callback",
    "hooks/twilio/voice/": "a call, in TwiML",
    "hooks/twilio/voice/<slug:step>/<int:number>/<slug:mark>/": "a call, in TwiML",
    "hooks/twilio/voice/accepted/": "a call, in TwiML",
    "hooks/twilio/voice/ended/": "Twilio's callback",
    "hooks/twilio/recordings/<uuid:recording_id>/": "sound",
    "staff/": "redirects by role",
    "staff/password/set/": "redirects to the reset by e-mail",
    "staff/sign-out/": "POST, redirects",
    "staff/invitations/<int:invitation_id>/withdraw/": "POST, redirects",
    "staff/cases/<reference:reference>/take-over/": "POST, redirects",
    "staff/calls/<reference:reference>/take/": "POST, redirects",
    "staff/cases/go/": "POST, redirects",
    "staff/filters/<int:filter_id>/delete/": "POST, redirects",
    "staff/alerts/<uuid:alert_id>/seen/": "POST, redirects",
    "staff/vault/lock/": "POST, redirects",
    "staff/cases/<reference:reference>/tasks/<int:task_id>/done/": "POST, redirects",
    "staff/calendar/take-back/": "POST, redirects",
    "staff/calendar/<str:token>.ics": "iCalendar",
    "staff/offers/<uuid:offer_id>/accept/": "POST, redirects",
    "staff/certifications/<uuid:request_id>/letter.pdf": "PDF",
    "staff/clinics/<uuid:session_id>/cancel/": "POST, redirects",
    "staff/clinics/<uuid:session_id>/came/": "POST, redirects",
    "staff/offers/<uuid:offer_id>/no-conflict/": "POST, redirects",
    "staff/money/publish/": "POST, redirects",
    "staff/money/administration/<uuid:cost_id>/<slug:decision>/": "POST, redirects",
    "staff/money/months/<int:month_id>/close/": "POST, redirects",
    "staff/invoices/<uuid:invoice_id>/lines/<int:line_id>/remove/": "POST, redirects",
    "staff/invoices/<uuid:invoice_id>/send/": "POST, redirects",
    "staff/invoices/<uuid:invoice_id>/withdraw/": "POST, redirects",
    "staff/invoices/<uuid:invoice_id>/sign/": "POST, redirects",
    "staff/invoices/<uuid:invoice_id>/return/": "POST, redirects",
    "staff/invoices/<uuid:invoice_id>/reopen/": "POST, redirects",
    "staff/to-sign/<uuid:invoice_id>/": "POST, redirects",
    "staff/payments/<uuid:file_id>.csv": "CSV",
    "funders/mail/": "POST, redirects",
    "funders/<slug:quarter>/report.<slug:file_format>": "a file to download",
    "funders/<slug:quarter>/editions/<slug:edition>.<slug:file_format>": "a file to download",
    "reports/<slug:quarter>/report.<slug:file_format>": "a file to download",
    "staff/allowances/<uuid:allowance_id>/withdraw/": "POST, redirects",
    "staff/allowances/<uuid:allowance_id>/<slug:decision>/": "POST, redirects",
    "staff/bonds/<uuid:bond_id>/decide/<slug:decision>/": "POST, redirects",
    "staff/alerts/room/<uuid:difference_id>/seen/": "POST, redirects",
    "staff/room/<int:program_id>/resume/": "POST, redirects",
    "staff/room/<int:program_id>/close/<int:closure_id>/open/": "POST, redirects",
    "<lang>/leave/": "POST, leads away",
    "<lang>/sent/receipt.pdf": "PDF",
}
NO_PAGE_PREFIXES = {
    "api/v1/": "JSON",
}


def pages() -> Iterator[str]:
    """The routes that show a page, as written in the resolver; the language prefix as `<lang>/`."""
    for route in walk(get_resolver(), ""):
        if route not in NO_PAGE and not route.startswith(tuple(NO_PAGE_PREFIXES)):
            yield route


def walk(resolver: URLResolver, before: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            prefix = "<lang>/" if type(pattern.pattern).__name__ == "LocalePrefixPattern" else str(pattern.pattern)
            yield from walk(pattern, before + prefix)
        else:
            yield before + str(pattern.pattern)
