"""`drill stolen-host`: what a thief of the web host can open, with everything the web process can read."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from accounts.vault import holder_of
from config.drills import office, processes
from intake.demo import ANSWERS, file_request
from privacy import holders, unlocked, worker_key
from privacy.models import DocumentKind, ReaderKey

COUNT = 20
_OF_WORKER = {DocumentKind.CONTACT.value, DocumentKind.FACTS.value}


def run(count: int, report: Callable[[str], None]) -> bool:
    """Whether the thief opens nothing; and, to prove that the thief can open, what the two missing keys would give."""
    # As in production the worker's key lies where the web process's user cannot read.
    vaulted = Path(tempfile.mkdtemp(prefix="worker-only-"))
    before = settings.WORKER_KEY_FILE
    try:
        settings.WORKER_KEY_FILE = str(vaulted / "worker.key")
        worker_key.make_file(vaulted / "worker.key")
        vaulted.chmod(0o700)
        return _run(count, vaulted, report)
    finally:
        settings.WORKER_KEY_FILE = before
        shutil.rmtree(vaulted, ignore_errors=True)


def _run(count: int, vaulted: Path, report: Callable[[str], None]) -> bool:
    now = timezone.now()
    ReaderKey.objects.filter(reader="worker", retired_at=None).update(retired_at=now)
    offices = office.open_offices(now)
    hotline = offices["hotline"]
    for number in range(count):
        file_request(
            ANSWERS
            | {
                "place": "whipple",
                "names": f"Drill Person {number}",
                "caller_name": "Drill Caller",
                "phone": f"612-555-01{number % 100:02}",
                "a_number": f"A000{number + 1:06}",
                "text_language": "en",
            },
            language="en",
            now=now,
        )
    # A coordinator at work: the session is in the database, the cookie in a browser the thief does not have.
    session = SessionStore()
    private = holders.private_of(hotline.holder, hotline.passphrase)
    cookie = unlocked.put(session, holder=holder_of(hotline.lead), private=private, now=now)
    session["_auth_user_id"] = str(hotline.lead.pk)
    session.save()

    alone = _thief(vaulted)
    with_worker = _thief(vaulted, worker_key_text=(vaulted / "worker.key").read_text())
    with_cookie = _thief(vaulted, cookie=cookie)
    report(f"the web process's secrets and both databases: {sum(alone.values())} of {alone.total} documents open")
    report(f"with the worker's key file too: {dict(with_worker)}")
    report(f"with a live session's cookie too: {dict(with_cookie)}")
    return (
        alone.total >= count * 4
        and sum(alone.values()) == 0
        # The look-up documents are there until the worker made indexes of them.
        and set(with_worker) - {DocumentKind.LOOKUP.value} == _OF_WORKER
        and with_cookie.get(DocumentKind.FILE.value) == count
    )


class Opened(dict[str, int]):
    """How many documents were opened, by kind; `total` is how many there are."""

    total: int = 0


def _thief(vaulted: Path, *, worker_key_text: str = "", cookie: str = "") -> Opened:
    env = processes.environment(WORKER_KEY_FILE=None)
    child = processes.start("config.drills.thief", env, str(vaulted))
    out, err = child.communicate(json.dumps({"worker_key": worker_key_text, "cookie": cookie}), timeout=600)
    if child.returncode:
        raise RuntimeError(f"the thief did not get to work: {err[-500:]}")
    found = json.loads(out)
    opened = Opened(found["opened"])
    opened.total = found["total"]
    return opened
