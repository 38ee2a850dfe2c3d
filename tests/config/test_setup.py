"""bin/setup beside a running server."""

import re

from django.conf import settings


def test_the_static_files_a_running_server_links_to_are_not_cleared() -> None:
    script = (settings.BASE_DIR / "bin" / "setup").read_text()

    (collecting,) = re.findall(r"^.*manage\.py collectstatic.*$", script, re.MULTILINE)
    assert "--clear" not in collecting
    assert not re.search(r"rm -r\w* \S*static_root", script)
