"""The carrier's webhooks of calls, and the recordings it fetches."""

from django.urls import path

from intake.voice import views

app_name = "voice"

urlpatterns = [
    path("hooks/twilio/voice/", views.start, name="start"),
    path("hooks/twilio/voice/accepted/", views.accepted, name="accepted"),
    path("hooks/twilio/voice/ended/", views.ended, name="ended"),
    path("hooks/twilio/voice/<slug:step>/<int:number>/<slug:mark>/", views.turn, name="turn"),
    path("hooks/twilio/recordings/<uuid:recording_id>/", views.recording, name="recording"),
]
