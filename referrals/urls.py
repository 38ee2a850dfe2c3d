"""Cases and offers as staff see them; under /staff/."""

from django.urls import path
from django.urls.resolvers import URLPattern

from referrals.views import alerts, calendars, case, certifications, clinics, deadlines, demands, offers, queue

app_name = "referrals"
urlpatterns: list[URLPattern] = [
    path("cases/", queue.queue_page, name="queue"),
    path("cases/<reference:reference>/", case.show, name="case"),
    path("cases/<reference:reference>/do/<slug:deed>/", case.do, name="do"),
    path("cases/<reference:reference>/tasks/<int:task_id>/done/", case.task_done, name="task_done"),
    path("cases/<reference:reference>/take-over/", case.take_over, name="take_over"),
    path("cases/<reference:reference>/give/", case.give, name="give"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<uuid:alert_id>/seen/", alerts.seen, name="alert_seen"),
    path("deadlines/", deadlines.deadline_table, name="deadlines"),
    path("calendar/", calendars.my_calendar, name="my_calendar"),
    path("calendar/take-back/", calendars.take_back, name="take_back_calendar"),
    path("calendar/<str:token>.ics", calendars.feed, name="calendar_feed"),
    path("certifications/", certifications.certifications, name="certifications"),
    path("certifications/<uuid:request_id>/", certifications.show, name="certification"),
    path("certifications/<uuid:request_id>/do/<slug:step>/", certifications.take, name="certification_step"),
    path("certifications/<uuid:request_id>/letter/", certifications.letter_page, name="certification_letter"),
    path("certifications/<uuid:request_id>/letter.pdf", certifications.letter_pdf, name="certification_letter_pdf"),
    path("clinics/", clinics.clinics, name="clinics"),
    path("clinics/new/", clinics.enter, name="new_clinic"),
    path("clinics/<uuid:session_id>/", clinics.show, name="clinic"),
    path("clinics/<uuid:session_id>/change/", clinics.change, name="change_clinic"),
    path("clinics/<uuid:session_id>/cancel/", clinics.cancel, name="cancel_clinic"),
    path("clinics/<uuid:session_id>/came/", clinics.attendance, name="clinic_attendance"),
    path("clinics/<uuid:session_id>/list/", clinics.door_list, name="clinic_list"),
    path("demands/", demands.register, name="demands"),
    path("demands/new/", demands.enter, name="enter_demand"),
    path("demands/<uuid:demand_id>/", demands.show, name="demand"),
    path("demands/<uuid:demand_id>/do/<slug:step>/", demands.take, name="demand_step"),
    path("offers/", offers.desk, name="offers"),
    path("offers/<uuid:offer_id>/", offers.show, name="offer"),
    path("offers/<uuid:offer_id>/accept/", offers.accept, name="accept"),
    path("offers/<uuid:offer_id>/decline/", offers.decline, name="decline"),
]
