"""Start-up checks of this installation's vault."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from privacy import worker_key


@register
def worker_key_can_be_read(**kwargs: Any) -> list[CheckMessage]:
    """A process that is given the worker's key file must be able to read it; the web process is given none."""
    if not worker_key.is_here():
        return []
    try:
        worker_key.load()
    except worker_key.WorkerKeyProblem as problem:
        return [Error(str(problem), id="privacy.E001")]
    return []
