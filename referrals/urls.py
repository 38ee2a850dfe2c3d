"""Cases and offers as staff see them; under /staff/."""

from django.urls import path
from django.urls.resolvers import URLPattern

from referrals.views import case, offers, queue

app_name = "referrals"
urlpatterns: list[URLPattern] = [
    path("cases/", queue.queue_page, name="queue"),
    path("cases/<reference:reference>/", case.show, name="case"),
    path("cases/<reference:reference>/do/<slug:deed>/", case.do, name="do"),
    path("cases/<reference:reference>/tasks/<int:task_id>/done/", case.task_done, name="task_done"),
    path("offers/", offers.desk, name="offers"),
    path("offers/<uuid:offer_id>/", offers.show, name="offer"),
    path("offers/<uuid:offer_id>/accept/", offers.accept, name="accept"),
    path("offers/<uuid:offer_id>/decline/", offers.decline, name="decline"),
]
