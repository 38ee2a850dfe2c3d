"""Return codes made before a caller has agreed: one Argon2id is longer than all else that a webhook does.

By one thread of the web process, so that many who agree at once do not hash at once, 64 MiB each. A code that is ready
is in this process's memory, leads nowhere, and is forgotten when the process ends.
"""

import logging
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from privacy import return_codes
from privacy.return_codes import NewCode

log = logging.getLogger(__name__)

_ready: deque[NewCode] = deque()
_POOL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="new-codes")
_being_made = 0
_counting = threading.Lock()


def take() -> NewCode:
    """A code for one caller; it is made now where none is ready."""
    try:
        return _ready.popleft()
    except IndexError:
        return return_codes.make()
    finally:
        fill()


def fill() -> None:
    """Has as many made as `settings.RETURN_CODES_AHEAD` says; returns at once, and never fails a caller."""
    global _being_made  # noqa: PLW0603 (one store of codes per process, one count)
    with _counting:
        wanted = settings.RETURN_CODES_AHEAD - len(_ready) - _being_made
        _being_made += max(wanted, 0)
    for asked in range(wanted):
        try:
            _POOL.submit(_make)
        except RuntimeError:
            # The process ends, or may have no thread more: whoever needs a code makes it then.
            with _counting:
                _being_made = max(_being_made - (wanted - asked), 0)
            log.warning("no thread makes codes ahead")
            return


def _make() -> None:
    global _being_made  # noqa: PLW0603 (as above)
    try:
        made = return_codes.make()
    except Exception as error:
        # Never its words. Whoever needs a code makes it then.
        log.error("no code could be made ahead: %s", type(error).__name__)
        made = None
    with _counting:
        # What could not be handed to a thread may be made all the same, later, and is counted out already.
        _being_made = max(_being_made - 1, 0)
        if made is not None:
            _ready.append(made)
