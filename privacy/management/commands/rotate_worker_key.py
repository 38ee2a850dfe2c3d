"""`manage.py rotate_worker_key`: a new key pair for the worker, run with its environment and no worker running.

Run twice: a request that began before the first run may still seal under the old pair, so the old one is dropped by a
run ten minutes later, when all that is sealed is wrapped anew.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from privacy import rotation, worker_key
from privacy.readers import WORKER


class Command(BaseCommand):
    help = (
        "Gives the worker a new key pair and wraps everything anew; killed half-way, run it again. Stop workers first. "
        "A second run, ten minutes later, drops the old pair."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            path = Path(settings.WORKER_KEY_FILE)
            before = worker_key.load()
            if len(before.private) == 1:
                worker_key.add_pair(path)
            worker_key.publish_worker_key(timezone.now())
            keys = worker_key.load().keys()
        except worker_key.WorkerKeyProblem as problem:
            raise CommandError(str(problem)) from None
        done = 0
        while wrapped := rotation.rewrap_some(keys):
            done += wrapped
        if rotation.has_settled(WORKER, timezone.now()) and rotation.finish(WORKER):
            worker_key.drop_older_pairs(path)
            self.stdout.write(f"{done} wrapped anew, and the old pair is dropped. Start the workers again.")
        else:
            minutes = int(rotation.SETTLED_AFTER.total_seconds() // 60)
            self.stdout.write(
                f"{done} wrapped anew. Start the workers again, and run this once more in {minutes} minutes or later "
                "(workers stopped) to drop the old pair."
            )
