"""Which sentences have a recording that people may hear."""

from collections.abc import Collection
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from intake.models import PromptRecording
from intake.voice.prompts import BY_NAME, MANIFEST, SPOKEN_BY_CARRIER

# Of one sentence; a minute of MP3 at 32 kbit/s is a quarter of it.
LARGEST_BYTES = 1_000_000
# What somebody hears who leaves a number because nobody speaks their language.
AGREED_TO = ("nobody_speaks", "notice", "leave")
_MP3, _WAV = "audio/mpeg", "audio/wav"


class NoRecording(ValueError):
    """The bytes are no recording that a phone line can play."""


def approved(language: str, names: Collection[str]) -> dict[str, UUID]:
    """The newest approved recording of each of `names` that still says the words asked; by name."""
    rows = PromptRecording.objects.filter(language=language, name__in=names, approved_at__isnull=False)
    return {
        name: identity
        for name, identity, words_hash in rows.order_by("uploaded_at").values_list("name", "id", "words_hash")
        if name in BY_NAME and words_hash == BY_NAME[name].words_hash(language)
    }


def can_speak(language: str) -> bool:
    """Whether a whole call can be held in the language: by the carrier's voice, or because all of it is recorded."""
    return language in SPOKEN_BY_CARRIER or not missing(language)


def heard_in(language: str) -> str:
    """The language in which a caller of this one hears the notice; "" for a caller whose language is not ours."""
    is_said = language in SPOKEN_BY_CARRIER or set(approved(language, AGREED_TO)) == set(AGREED_TO)
    return language if language and is_said else "en"


def missing(language: str) -> list[str]:
    """The names of the prompts without an approved recording in the language."""
    there = approved(language, [prompt.name for prompt in MANIFEST])
    return [prompt.name for prompt in MANIFEST if prompt.name not in there]


def content_type(audio: bytes) -> str:
    """What kind of recording the bytes are, by themselves and not by a file's name; raises `NoRecording`."""
    if len(audio) > LARGEST_BYTES:
        raise NoRecording(f"Longer than {LARGEST_BYTES // 1000} kB: one sentence is shorter.")
    if audio[:3] == b"ID3" or audio[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return _MP3
    if audio[:4] == b"RIFF" and audio[8:12] == b"WAVE":
        return _WAV
    raise NoRecording("Neither MP3 nor WAV.")


def upload(*, name: str, language: str, audio: bytes, by: User) -> PromptRecording:
    """Keep a recording of a sentence's present words; nobody hears it before it is approved. Raises `NoRecording`."""
    if language not in dict(settings.LANGUAGES):
        raise NoRecording(f"No language is called {language}.")
    return PromptRecording.objects.create(
        name=name,
        language=language,
        audio=audio,
        content_type=content_type(audio),
        words_hash=BY_NAME[name].words_hash(language),
        uploaded_at=timezone.now(),
        uploaded_by_user_id=by.pk,
    )


@transaction.atomic
def approve(*, recording: PromptRecording, by: User) -> bool:
    """Let callers hear it from now on; False for one whose words have changed since. Approving twice is once."""
    prompt = BY_NAME.get(recording.name)
    if prompt is None or prompt.words_hash(recording.language) != recording.words_hash:
        return False
    waiting = PromptRecording.objects.filter(pk=recording.pk, approved_at=None)
    waiting.update(approved_at=timezone.now(), approved_by_user_id=by.pk)
    return True
