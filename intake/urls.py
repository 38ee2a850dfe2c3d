"""Family pages live under `/<lang>/`, the sealed file under `/staff/cases/`; config/urls.py includes both."""

from django.urls import path
from django.urls.resolvers import URLPattern

from intake.views import family, staff, status

family_urls: tuple[list[URLPattern], str] = (
    [
        path("", family.start, name="start"),
        path("right-now/", family.right_now, name="right_now"),
        path("before/", family.before, name="before"),
        path("code/", family.code, name="code"),
        path("ask/<slug:page_name>/", family.ask, name="ask"),
        path("check/", family.check, name="check"),
        path("sent/", family.sent, name="sent"),
        path("status/", status.status, name="status"),
        path("leave/", family.leave, name="leave"),
    ],
    "intake",
)
staff_urls: tuple[list[URLPattern], str] = (
    [
        path("<reference:reference>/open/<slug:kind>/", staff.open_document, name="open"),
        path("<reference:reference>/answers/", staff.answers, name="answers"),
    ],
    "intake_staff",
)
