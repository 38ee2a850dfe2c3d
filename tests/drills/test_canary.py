"""Marked families go through the whole story, and their words are found nowhere; where one is, the drill fails."""

import faulthandler
import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import redis
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.celery import app
from config.drills import canary, places, story
from config.drills.search import Search
from privacy.models import WrappedKey
from referrals.models import Case, CoordinatorTask
from tests import factories
from tests.conftest import BROKER
from web import views

WORD = "Kanarwexzzz"


@pytest.mark.django_db(transaction=True)
def test_what_families_type_is_found_nowhere(scale: Mapping[str, int]) -> None:
    # Five hundred families take longer than a test that hangs is given.
    faulthandler.cancel_dump_traceback_later()
    lines: list[str] = []

    assert canary.run(scale["canaries"], lines.append), "\n".join(lines)
    searched = [line for line in lines if "searched, " in line]
    assert [line.partition(":")[0] for line in searched] == [
        "tables of both databases",
        "write-ahead log",
        "Redis",
        "sessions, unpacked",
        "log lines",
        "tasks asked of the worker",
        "e-mails",
        "error pages",
        "pages of money and reports",
    ]
    assert not any("NOT SEARCHED" in line for line in lines)


@pytest.mark.django_db(transaction=True)
def test_a_leak_into_any_place_fails_the_drill_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    file: Callable[..., str] = story._file

    def leaking(identity: Any, browser: Any, of: Any) -> str:
        code, names = file(identity, browser, of), identity.names
        logging.getLogger("intake").debug("somebody filed for %s", names)
        app.send_task("notifications.tasks.deliver", (identity.phone,))
        cache.set("last", names)
        session = SessionStore()
        session["last"] = names
        session.save()
        mail.send_mail("News", f"Call {identity.phone}", None, ["lead@test.example"])
        now, case = timezone.now(), Case.objects.latest("opened_at")
        CoordinatorTask.objects.create(case=case, kind=names[:20], opened_at=now, due_at=now)
        return code

    def telling(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        return HttpResponse(f"Went wrong with {request.POST.dict()}", status=500)

    monkeypatch.setattr(story, "_file", leaking)
    monkeypatch.setattr(views, "render", telling)
    lines: list[str] = []

    assert not canary.run(1, lines.append)

    leaked = {line.partition(":")[0] for line in lines if "searched, " in line and not line.endswith(" 0 words found")}
    assert leaked == {
        "tables of both databases",
        "write-ahead log",
        "Redis",
        "sessions, unpacked",
        "log lines",
        "tasks asked of the worker",
        "e-mails",
        "error pages",
    }, "\n".join(lines)


@pytest.mark.django_db(transaction=True)
def test_what_was_deleted_again_is_found_in_the_write_ahead_log() -> None:
    since = places.log_position()
    now = timezone.now()
    task = CoordinatorTask.objects.create(case=factories.case(now=now), kind=WORD, opened_at=now, due_at=now)
    task.delete()
    WrappedKey.objects.create(
        document_id=task.case_id,
        case_id=task.case_id,
        kind="file",
        reader="x",
        reader_key_id=task.case_id,
        wrapped=WORD[::-1].encode(),
        created_at=now,
    )
    WrappedKey.objects.all().delete()
    search = Search([WORD])

    assert any(search.found_in(content) for _, content in places.write_ahead_log(since))
    assert not any(search.found_in(content) for _, content in places.write_ahead_log(places.log_position()))
    assert not any(search.found_in(content) for _, _, content in places.tables())


@pytest.mark.django_db(transaction=True)
def test_a_log_file_that_nothing_was_written_to_is_not_searched() -> None:
    """The server makes it of an old one, with whatever stood there. Two databases of one server end the same file."""
    with connection.cursor() as cursor:
        for _file in range(3):
            cursor.execute("CREATE TABLE written (word text)")
            cursor.execute("DROP TABLE written")
            cursor.execute("SELECT pg_switch_wal()")
        # Now the three old files lie ready to be written again.
        cursor.execute("CHECKPOINT")

        searched = {place.rpartition(" ")[2] for place, _ in places.write_ahead_log(places.log_position())}

        cursor.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn() + 1)")
        (now_written,) = cursor.fetchone()
    assert searched
    assert now_written not in searched


def test_every_kind_of_redis_key_is_read() -> None:
    name = f"tests:{WORD}"
    BROKER.set(f"{name}1", "x")
    BROKER.rpush("tests:list", WORD)
    BROKER.sadd("tests:set", WORD)
    BROKER.zadd("tests:zset", {WORD: 1})
    BROKER.hset("tests:hash", "field", WORD)
    BROKER.xadd("tests:stream", {"field": WORD})
    search = Search([WORD])

    found = {place.rpartition(":")[2] for place, content in places.redis_keys() if search.found_in(content)}

    assert found == {f"{WORD}1", "list", "set", "zset", "hash", "stream"}


def test_every_database_of_redis_is_read() -> None:
    # Where a result backend would be, if somebody gave it one of its own.
    with redis.Redis.from_url(settings.REDIS_URL, single_connection_client=True) as client:
        client.execute_command("SELECT", 7)
        client.set("celery-task-meta-1", WORD)

        places_found = [place for place, content in places.redis_keys() if Search([WORD]).found_in(content)]

        client.flushdb()
    assert places_found == ["Redis db7 key celery-task-meta-1"]


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_searched_is_said_and_does_not_count() -> None:
    def shut(*args: Any) -> Any:
        raise places.CannotSearch("the database role may not read it")

    lines: list[str] = []
    found = canary._searched("write-ahead log", shut, Search([WORD]), lines.append)

    assert found is None
    assert lines == ["NOT SEARCHED write-ahead log: the database role may not read it"]
    everything = [canary.Searched(name, 1, 1, []) for name in ("log lines", "e-mails", "error pages")]
    assert not canary._enough_was_searched([*everything, found], lines.append)
    assert "NOTHING TO SEARCH in tables of both databases: the drill proves nothing about it" in lines


def test_without_redis_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "")

    with pytest.raises(places.CannotSearch, match="no Redis"):
        list(places.redis_keys())


def test_a_search_that_misses_a_spelling_proves_nothing() -> None:
    search = Search([WORD])

    assert canary.unfound(search, [WORD]) == []
    assert canary.unfound(Search(["Something else"]), [WORD])
