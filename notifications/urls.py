"""The demo's handset and the carrier's reports."""

from django.urls import path

from notifications import views

app_name = "notifications"

urlpatterns = [
    path("handset/", views.handset, name="handset"),
    path("hooks/twilio/status/<uuid:message_id>/", views.twilio_status, name="twilio_status"),
]
