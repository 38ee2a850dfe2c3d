"""Another process on a drill's own scratch databases."""

import os
import subprocess
import sys
from collections.abc import Mapping
from urllib.parse import quote

from django.conf import settings
from django.db import connections

from config.environment import BASE_DIR


def environment(**changes: str | None) -> dict[str, str]:
    """This process's environment, pointed at the databases it is connected to; None takes a variable away."""
    found = dict(os.environ) | {
        "DATABASE_URL": _url("default"),
        "KEYS_DATABASE_URL": _url("keys"),
        "SECRET_KEY": settings.SECRET_KEY,
        "SECOND_FACTOR_KEY": settings.SECOND_FACTOR_KEY,
        "RETURN_CODE_PEPPER": settings.RETURN_CODE_PEPPER,
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
    }
    for name, value in changes.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = value
    return found


def start(module: str, env: Mapping[str, str], *arguments: str) -> subprocess.Popen[str]:
    """`python -m MODULE ARGUMENTS` with pipes to its input and output."""
    return subprocess.Popen(  # noqa: S603 (our own module, our own arguments)
        [sys.executable, "-m", module, *arguments],
        cwd=BASE_DIR,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _url(alias: str) -> str:
    found = connections[alias].settings_dict
    if found["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{found['NAME']}"
    user = quote(found["USER"], safe="")
    login = f"{user}:{quote(found['PASSWORD'], safe='')}" if found["PASSWORD"] else user
    port = f":{found['PORT']}" if found["PORT"] else ""
    # A folder with a socket is written as a path of its own.
    host = f"/{found['HOST']}" if found["HOST"].startswith("/") else f"{found['HOST']}{port}"
    return f"postgres://{login}@{host}/{found['NAME']}"
