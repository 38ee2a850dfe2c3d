"""The demo's handset and the carrier's reports."""

from django.urls import path

from notifications import handset_views, inbound_views, views, wordings_view

app_name = "notifications"

urlpatterns = [
    path("handset/", handset_views.handset, name="handset"),
    path("staff/wordings/", wordings_view.wordings, name="wordings"),
    path("hooks/twilio/sms/", inbound_views.twilio_inbound, name="twilio_inbound"),
    path("hooks/twilio/status/<uuid:message_id>/", views.twilio_status, name="twilio_status"),
]
