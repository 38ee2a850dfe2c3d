import runpy
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

MAIN = runpy.run_path(str(Path(__file__).parents[2] / "docker/healthcheck.py"))["main"]


def _port(server: LiveServer) -> int:
    return urlsplit(server.url).port or 0


def test_a_server_that_answers_is_healthy(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "localhost, help.example.org")
    assert MAIN(_port(live_server)) == 0


def test_a_server_that_refuses_the_name_is_not(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "a.stranger.example")
    assert MAIN(_port(live_server)) == 1


def test_no_server_is_not_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "help.example.org")
    assert MAIN(1) == 1
