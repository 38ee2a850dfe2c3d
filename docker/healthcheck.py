"""Whether the web server of this container answers; Docker asks every few seconds."""

import http.client
import os
import sys
from contextlib import closing


def main(port: int = 8000) -> int:
    """0 when /health/live answers 200; any other answer, or none, is 1."""
    # Django answers only to the names it was given.
    host = os.environ["ALLOWED_HOSTS"].split(",")[0].strip()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=4)) as connection:
        try:
            connection.request("GET", "/health/live", headers={"Host": host})
            with connection.getresponse() as answer:
                return 0 if answer.status == http.client.OK else 1
        except OSError:
            return 1


if __name__ == "__main__":
    sys.exit(main())
