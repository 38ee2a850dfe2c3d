"""The project's settings with what tests need otherwise: cheap hashing, plain static files, no mail."""

from config.settings import *  # noqa: F403
from config.settings import CACHES, DATABASES, STATE_DIR, STORAGES
from tests.services.environment import LEG

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
RETURN_CODE_ARGON2 = {"memory_cost": 64, "time_cost": 1, "parallelism": 1}
RETURN_CODE_FLOOR_SECONDS = 0.02
# No thread makes codes beside a test, by whichever settings hold then.
RETURN_CODES_AHEAD = 0
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WORKER_KEY_MADE_ON_FIRST_USE = True
VAULT_ARGON2 = {"memory_cost": 64, "time_cost": 1}
# Without the manifest, which only collectstatic writes.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# Cache and broker share one Redis: by this prefix a test's cache can be emptied without the queues.
CACHES["default"]["KEY_PREFIX"] = "tests"

for database in DATABASES.values():
    # A kept-alive browser connection would keep its thread's database connection, and the test database could not go.
    database["CONN_MAX_AGE"] = 0

if LEG == "sqlite":
    # Files, as in `make run`: Django's in-memory test databases would never wait for a lock.
    for alias, database in DATABASES.items():
        database["TEST"] = {"NAME": str(STATE_DIR / f"test_{alias}.sqlite3")}
