"""Nothing a family types is stored before they agreed to the notice: by no route, in no language, in no channel."""

import ast
import hashlib
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import router
from django.test import Client

from intake.actions import NOTICE_VERSION, begin_draft
from intake.models import Draft, NoticeShown
from referrals.models import Channel
from tests.intake.family import STORY, Family
from tests.intake.family_routes import paths

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)
LANGUAGES = [code for code, _name in settings.LANGUAGES]
# The one place where agreeing begins a draft.
AGREEING = "before/"
# The English words that each version of the notice had. Other words: a new version, and its line here.
NOTICE_WORDS = {"2026-11-1": "8391c631"}


def rows() -> dict[str, int]:
    """How many rows each table of both databases has."""
    return {
        model._meta.db_table: model._base_manager.using(router.db_for_read(model)).count()
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
    }


def everything_typed() -> dict[str, object]:
    """All answers of a whole request in one form."""
    return {name: value for answers in STORY.values() for name, value in answers.items()} | {
        "code": "0000 0000 00000",
        "dont_know": "1",
        "revision": "0",
        "saved_at": "0",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_route_stores_anything_before_the_notice(language: str) -> None:
    every = list(paths())
    assert {"", AGREEING, "check/", "ask/taken/", "advice/taken/", "leave/"} <= set(every)
    before = rows()

    for path in every:
        for posted in (None, {}, everything_typed(), {"dont_know": "1"}):
            if posted is not None and path == AGREEING:
                continue
            client = Client(raise_request_exception=True)
            address = f"/{language}/{path}"
            response = client.get(address) if posted is None else client.post(address, posted)
            assert response.status_code < 500
            assert not any(cookie.value for name, cookie in response.cookies.items() if "csrf" not in name), path

    assert rows() == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_agreeing_stores_which_notice_was_shown_before_any_answer(language: str) -> None:
    Family(language).post(AGREEING)

    notice = NoticeShown.objects.get()
    draft = Draft.objects.get()
    assert (notice.version, notice.language, notice.channel) == (NOTICE_VERSION, language, Channel.WEB)
    assert (notice.draft_id, draft.revision) == (draft.pk, 0)
    assert notice.shown_at == draft.created_at


@pytest.mark.parametrize("channel", Channel.values)
def test_every_channel_notes_the_notice_with_the_draft(channel: str) -> None:
    begun = begin_draft(language="so", channel=channel)

    notice = NoticeShown.objects.get(draft_id=begun.draft.row.pk)
    assert (notice.version, notice.language, notice.channel) == (NOTICE_VERSION, "so", channel)


def test_drafts_are_made_in_one_function_only() -> None:
    """Whoever made one elsewhere would go around the notice."""
    makers = []
    for file in sorted(ROOT.glob("*/**/*.py")):
        if file.relative_to(ROOT).parts[0] in ("tests", ".venv", "node_modules", "var") or "migrations" in file.parts:
            continue
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, ast.FunctionDef):
                makers += [
                    function.name
                    for call in ast.walk(function)
                    if isinstance(call, ast.Call) and ast.unparse(call.func) in ("Draft", "Draft.objects.create")
                ]

    assert makers == ["begin_draft"]


def test_other_words_of_the_notice_are_another_version() -> None:
    template = (ROOT / "intake/templates/intake/notice.html").read_text()
    words = " ".join(re.findall(r'{% translate "([^"]+)" %}', template))

    digest = hashlib.sha256(words.encode()).hexdigest()[:8]

    assert NOTICE_WORDS.get(NOTICE_VERSION) == digest, (
        f"The notice reads differently: change NOTICE_VERSION and note here {digest}"
    )
