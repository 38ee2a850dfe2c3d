"""`python -m config.serve`: the whole system in one process, with demo data in an empty database."""

import errno
import logging
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

HOST = "127.0.0.1"


def main() -> int:
    """Prepare and serve until Ctrl-C or SIGTERM; the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DEMO", "1")
    try:
        port = int(os.environ.get("PORT") or 8000)
    except ValueError:
        return _refuse(f"PORT must be a number, not “{os.environ['PORT']}”.")
    # Python leaves Ctrl-C ignored where a script in the background started it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _end)
    try:
        return _serve(port)
    except KeyboardInterrupt:
        return 0


def _serve(port: int) -> int:
    import django

    django.setup()

    from django.core.wsgi import get_wsgi_application
    from waitress.server import create_server

    from config.celery import app
    from config.embedded import Engine
    from privacy.worker_key import WorkerKeyProblem

    # The port first: a busy one should be said at once. Visitors wait in its backlog until all is ready.
    try:
        server = create_server(get_wsgi_application(), host=HOST, port=port, threads=8, ident=None)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _refuse(f"Port {port} is taken. Choose another one: PORT={port + 1} make run")
        return _refuse(f"Cannot listen on {HOST}:{port}: {error.strerror}.")
    try:
        _prepare()
    except WorkerKeyProblem as problem:
        server.close()
        return _refuse(str(problem))
    with Engine(app):
        print(_welcome(port), flush=True)
        server.run()
    print("\nEnded.", flush=True)
    return 0


def _prepare() -> None:
    """Bring both databases up to date; fill an empty one. Raises `WorkerKeyProblem`."""
    from django.conf import settings
    from django.core.management import call_command
    from django.utils import timezone

    from config.demo import seed_demo
    from config.environment import STATE_DIR
    from privacy import worker_key

    STATE_DIR.mkdir(parents=True, exist_ok=True)
    # Before anything is changed: without its key this process could not work as the worker it is too.
    worker_key.load()
    print("→ Migrating the two databases", flush=True)
    for alias in settings.DATABASES:
        call_command("migrate", database=alias, verbosity=0, interactive=False)
    # Before the demo's requests are sealed, for the worker among others.
    worker_key.publish_worker_key(timezone.now())
    if settings.DEMO and seed_demo():
        print("→ Demo data put into the empty database", flush=True)


def _welcome(port: int) -> str:
    from django.conf import settings

    from accounts.demo import PASSWORD, SIGN_INS, VAULT_PASSPHRASE

    base = f"http://{HOST}:{port}"
    addresses = [
        ("Families", f"{base}/"),
        ("Status by return code", f"{base}/en/status/"),
        ("Staff", f"{base}/staff/"),
        ("Funders", f"{base}/funders/"),
        ("API", f"{base}/api/v1/schema/"),
    ]
    if settings.DEMO:
        addresses.append(("What a phone would show", f"{base}/handset/"))
    lines = ["", *(f"  {name:<24} {address}" for name, address in addresses)]
    if settings.DEMO:
        lines += ["", f"  Demo sign-ins, password “{PASSWORD}”:"]
        lines += [f"    {one.email:<32} {one.role.label}, {one.organization}" for one in SIGN_INS]
        lines += [
            "",
            f"  The hotline and the providers open sealed files with the vault passphrase “{VAULT_PASSPHRASE}”.",
        ]
        lines += [f"  At sign-in they are asked for a code of the demo's authenticator app: see {base}/handset/"]
        lines += [
            "  Web and worker are one process here and share the worker's key; an installation keeps it from the web."
        ]
    return "\n".join([*lines, "", "  Ctrl-C ends it; the data stays.", ""])


def _end(number: int, frame: FrameType | None) -> NoReturn:
    # Once is enough: a second signal must not interrupt the ending.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def leave(code: int) -> NoReturn:
    """End the process now. Python itself would first wait for the worker's threads, however long their tasks take.

    The sweep finds what they leave, as after a crash.
    """
    sys.stdout.flush()
    logging.shutdown()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
