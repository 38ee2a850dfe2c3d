"""What the phone line says: which sentences have no recording yet; upload, listen, approve."""

from typing import Any, ClassVar

from csp.constants import SELF
from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html

from intake.models import PromptRecording
from intake.voice import recordings
from intake.voice.prompts import BY_NAME, MANIFEST, SPOKEN_BY_CARRIER

_LISTEN = method_decorator(csp_update({"media-src": [SELF]}))


class RecordingForm(forms.ModelForm):
    """A file for one sentence in one language."""

    name = forms.ChoiceField(label="Sentence", choices=[(one.name, one.name) for one in MANIFEST])
    language = forms.ChoiceField(choices=settings.LANGUAGES)
    file = forms.FileField(label="Recording", help_text="MP3 or WAV, one sentence, at most 1 MB.")

    class Meta:
        model = PromptRecording
        fields = ("name", "language")

    def clean_file(self) -> bytes:
        audio: bytes = self.cleaned_data["file"].read(recordings.LARGEST_BYTES + 1)
        try:
            recordings.content_type(audio)
        except recordings.NoRecording as error:
            raise ValidationError(str(error)) from None
        return audio


@admin.register(PromptRecording)
class PromptRecordingAdmin(admin.ModelAdmin):
    """A recording is never changed: another one is uploaded, and the newest approved one is played."""

    form = RecordingForm
    list_display = ("name", "language", "says", "listen", "state", "uploaded_at")
    list_filter: ClassVar = ["language", "name"]
    list_display_links = None
    actions = ("approve",)
    change_list_template = "intake/admin_recordings.html"
    fields = ("name", "language", "file")

    @admin.display(description="words to say")
    def says(self, recording: PromptRecording) -> str:
        prompt = BY_NAME.get(recording.name)
        return prompt.words(recording.language) if prompt else "said no more"

    @admin.display(description="listen")
    def listen(self, recording: PromptRecording) -> str:
        address = reverse("voice:recording", args=[recording.pk])
        label = f"{recording.name}, {recording.language}"
        return format_html('<audio controls preload="none" src="{}" aria-label="{}"></audio>', address, label)

    @admin.display(description="state")
    def state(self, recording: PromptRecording) -> str:
        prompt = BY_NAME.get(recording.name)
        if prompt is None or prompt.words_hash(recording.language) != recording.words_hash:
            return "Says other words than are asked now: not played"
        return "Approved" if recording.approved_at else "Waits to be approved"

    @admin.action(description="Approve: callers hear it from now on", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[PromptRecording]) -> None:
        for recording in queryset:
            if not recordings.approve(recording=recording, by=request.user):  # type: ignore[arg-type]
                self.message_user(request, f"{recording} says other words than are asked now.", messages.ERROR)

    @_LISTEN
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        languages = [
            {
                "code": code,
                "name": name,
                "missing": [BY_NAME[one] for one in recordings.missing(code)],
                "is_spoken": code in SPOKEN_BY_CARRIER,
            }
            for code, name in settings.LANGUAGES
        ]
        for language in languages:
            code = str(language["code"])
            language["missing"] = [(one.name, one.words(code)) for one in language["missing"]]  # type: ignore[attr-defined]
        return super().changelist_view(request, {"languages": languages, "all": len(MANIFEST)} | (extra_context or {}))

    def save_model(self, request: HttpRequest, obj: PromptRecording, form: RecordingForm, change: bool) -> None:
        given = form.cleaned_data
        made = recordings.upload(
            name=given["name"],
            language=given["language"],
            audio=given["file"],
            by=request.user,  # type: ignore[arg-type]
        )
        obj.pk, obj.uploaded_at = made.pk, made.uploaded_at

    def has_change_permission(self, request: HttpRequest, obj: PromptRecording | None = None) -> bool:
        # A row opened is a row to change; the list, with its action, is all there is.
        return obj is None and super().has_change_permission(request)
