"""Starting a server as a child that cannot outlive the tests, whatever ends them."""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: importing between fork and exec could deadlock.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent(ending: signal.Signals) -> Callable[[], None]:
    def before_exec() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(ending))

    return before_exec


def start(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    user: int | None = None,
    group: int | None = None,
    ending: signal.Signals = signal.SIGKILL,
    is_spoken_to: bool = False,
) -> subprocess.Popen[bytes]:
    """Start `command` with its output in `log`; `ending` is the signal it gets when the tests die.

    One that `is_spoken_to` has its input and output as pipes, and only its errors in `log`.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE if is_spoken_to else subprocess.DEVNULL,
            stdout=subprocess.PIPE if is_spoken_to else output,
            stderr=output,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
            preexec_fn=_die_with_parent(ending),
        )


def stop(process: subprocess.Popen[bytes], ending: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
    """End `process` politely, then by force; a process that has ended already is left alone."""
    if process.poll() is not None:
        return
    process.send_signal(ending)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(log: Path, lines: int = 20) -> str:
    """The end of a server's log, for the message of a failed start."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
