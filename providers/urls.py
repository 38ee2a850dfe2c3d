"""Room; under /staff/."""

from django.urls import path
from django.urls.resolvers import URLPattern

from providers import views

app_name = "providers"
urlpatterns: list[URLPattern] = [
    path("room/", views.room, name="room"),
    path("room/<int:program_id>/ceiling/", views.set_ceiling, name="set_ceiling"),
    path("room/<int:program_id>/pause/", views.pause, name="pause"),
    path("room/<int:program_id>/resume/", views.resume, name="resume"),
    path("room/<int:program_id>/close/", views.close, name="close"),
    path("room/<int:program_id>/close/<int:closure_id>/open/", views.open_again, name="open_again"),
    path("room/<int:program_id>/limits/", views.set_limits, name="set_limits"),
]
