"""The Celery app: message delivery, offer clocks and sweeps run here."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("legal_defense_intake")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# <sysexits.h>: a supervisor that knows these leaves a wrong configuration alone and tries again after the other.
WRONG_CONFIGURATION = 78
TRY_AGAIN = 75


@celeryd_init.connect
def come_with_a_key(**kwargs: Any) -> None:
    """A worker begins by publishing its key; one that cannot ends with a sentence, before it takes a task.

    The embedded run does not come by here: it publishes before it starts its engine (config/serve.py).
    """
    from django.db import DatabaseError, connections
    from django.utils import timezone

    from privacy.worker_key import WorkerKeyProblem, publish_worker_key

    try:
        publish_worker_key(timezone.now())
    except WorkerKeyProblem as problem:
        _end(str(problem), WRONG_CONFIGURATION)
    except DatabaseError as error:
        # The type only: messages of drivers hold addresses and user names.
        _end(
            f"The worker cannot publish its key: the main database does not answer ({type(error).__name__}).", TRY_AGAIN
        )
    finally:
        # The worker's children must not inherit a connection.
        connections.close_all()


def _end(sentence: str, code: int) -> None:
    print(sentence, file=sys.stderr, flush=True)
    # Celery logs what a signal's handler raises, and goes on; SystemExit it lets through.
    raise SystemExit(code)
