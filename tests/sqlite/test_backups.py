"""The rules of backing up and restoring hold for the embedded files too: the same tests, on SQLite."""

from tests.privacy.conftest import a_copy, fund  # noqa: F401
from tests.privacy.test_backups import *  # noqa: F403
from tests.privacy.test_refused_copies import *  # noqa: F403
from tests.privacy.test_restoring import *  # noqa: F403
