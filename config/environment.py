"""What the environment sets, with the file-backed defaults of the embedded demo.

Without DATABASE_URL the project runs embedded: two SQLite files, an in-memory broker, the handset page, and
secrets in files under `var/` that are made on first use. With DATABASE_URL it is an installation, and every
secret must be given: nothing is invented for it.
"""

import os
import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(os.environ.get("STATE_DIR", BASE_DIR / "var"))

env = environ.Env()
EMBEDDED: bool = "DATABASE_URL" not in os.environ


def secret(name: str, *, file_name: str, why: str) -> str:
    """The secret `name` from the environment or, embedded only, from a file made on first use."""
    if value := os.environ.get(name):
        return value
    if not EMBEDDED:
        raise ImproperlyConfigured(f"Set {name}: {why}. (DATABASE_URL is set, so no demo secret is made up.)")
    STATE_DIR.mkdir(parents=True, exist_ok=True)
    path = STATE_DIR / file_name
    try:
        # O_EXCL: two processes that start together must agree on one secret.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(value := secrets.token_urlsafe(48))
    return value
