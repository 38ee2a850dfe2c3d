"""No engine runs here: the production files are read, and whatever they name must exist or be pinned."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.utils.module_loading import import_string

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "docker/Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXAMPLE = dict(
    line.split("=", 1)
    for line in (ROOT / "docker/env.example").read_text().splitlines()
    if line and not line.startswith("#")
)
# A tag that names at least major and minor version, so that a rebuild cannot bring another one unseen.
PINNED = re.compile(r"^[a-z./-]+:\d+\.\d+[\w.-]*$")


def _instructions(name: str) -> list[str]:
    """The arguments of every `name` instruction, continued lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name} (.*)$", joined, flags=re.MULTILINE)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else " ".join(map(str, value))


def _commands() -> list[str]:
    """Everything a container executes: image commands, service commands, build steps."""
    services = [_text(service["command"]) for service in SERVICES.values() if "command" in service]
    images = [_text(yaml.safe_load(found)) for found in _instructions("CMD") if found.startswith("[")]
    return [*services, *images, *_instructions("RUN")]


def test_the_services_of_production_are_there() -> None:
    assert set(SERVICES) == {"web", "worker", "beat", "migrate", "postgres-main", "postgres-keys", "redis"}


@pytest.mark.parametrize("image", [service["image"] for service in SERVICES.values()])
def test_service_images_are_pinned(image: str) -> None:
    assert PINNED.match(image)


@pytest.mark.parametrize("source", _instructions("FROM"))
def test_base_images_are_pinned_by_version_and_distribution(source: str) -> None:
    image, stage = source.split(" AS ")
    assert re.match(r"^(python:3\.11|node:\d+)(-slim)?-bookworm(-slim)?$", image)
    assert stage


@pytest.mark.parametrize("copied", [line for line in _instructions("COPY") if "--from" not in line])
def test_copied_paths_exist_and_reach_the_build(copied: str) -> None:
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    for path in copied.split()[:-1]:
        assert (ROOT / path).exists()
        assert f"!{path.removeprefix('./')}" in allowed


@pytest.mark.parametrize("copied", [line for line in _instructions("COPY") if "--from" in line])
def test_stages_copied_from_exist(copied: str) -> None:
    stages = {line.split(" AS ")[1] for line in _instructions("FROM")}
    assert re.search(r"--from=(\w+)", copied)[1] in stages  # type: ignore[index]


def test_every_package_of_the_project_is_in_the_image() -> None:
    copied = {part for line in _instructions("COPY") for part in line.split()}
    packages = {path.parent.name for path in ROOT.glob("*/apps.py")} | {"config", "locale"}
    assert packages <= copied


@pytest.mark.parametrize("command", _commands())
def test_management_commands_exist(command: str) -> None:
    for name in re.findall(r"manage\.py (\w+)", command):
        assert name in get_commands()


@pytest.mark.parametrize("command", _commands())
def test_python_targets_exist(command: str) -> None:
    for module, attribute in re.findall(r"gunicorn ([\w.]+):(\w+)", command):
        assert callable(import_string(f"{module}.{attribute}"))
    for package in re.findall(r"celery -A (\w+)", command):
        assert import_string(f"{package}.celery_app").main
    for script in re.findall(r"python ([\w/]+\.py)", command):
        assert (ROOT / script).exists()


def test_every_program_of_a_container_is_known() -> None:
    programs = {shlex.split(_text(service["command"]))[0] for service in SERVICES.values() if "command" in service}
    assert programs == {"sh", "celery", "redis-server"}
    lock = (ROOT / "requirements.txt").read_text()
    assert re.search(r"^celery(\[|==)", lock, flags=re.MULTILINE)
    assert re.search(r"^gunicorn==", lock, flags=re.MULTILINE)


def _settings_named() -> set[str]:
    in_compose = {name for service in SERVICES.values() for name in service.get("environment", {})}
    in_image = {pair.split("=")[0] for line in _instructions("ENV") for pair in line.split()}
    return {
        name for name in in_compose | in_image | set(EXAMPLE) if not name.startswith(("POSTGRES_", "PYTHON", "PATH"))
    }


def _variables_of_compose() -> set[str]:
    return set(re.findall(r"\$\{(\w+)", (ROOT / "docker/compose.yaml").read_text()))


@pytest.mark.parametrize("name", sorted(_settings_named() - _variables_of_compose()))
def test_settings_exist(name: str) -> None:
    source = (ROOT / "config/settings.py").read_text() + (ROOT / "config/environment.py").read_text()
    assert f'"{name}"' in source


@pytest.mark.parametrize("name", sorted(_variables_of_compose()))
def test_variables_of_compose_are_in_the_example(name: str) -> None:
    assert name in EXAMPLE


def test_the_example_holds_no_secret() -> None:
    secrets = [name for name in EXAMPLE if re.search("SECRET|PEPPER|PASSWORD|TOKEN|SID", name)]
    assert secrets
    assert [EXAMPLE[name] for name in secrets] == [""] * len(secrets)


def test_replicas_are_settings() -> None:
    assert SERVICES["web"]["deploy"]["replicas"] == "${WEB_REPLICAS:-2}"
    assert SERVICES["worker"]["deploy"]["replicas"] == "${WORKER_REPLICAS:-2}"
    assert "deploy" not in SERVICES["beat"]


def test_the_two_databases_share_neither_volume_nor_password() -> None:
    main, keys = SERVICES["postgres-main"], SERVICES["postgres-keys"]
    assert main["volumes"] != keys["volumes"]
    assert main["environment"]["POSTGRES_PASSWORD"] != keys["environment"]["POSTGRES_PASSWORD"]


def test_only_the_web_server_is_reachable_and_only_from_its_host() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "web": ["127.0.0.1:${WEB_PORT:-8000-8009}:8000"]
    }
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("postgres-main", "postgres-keys", "redis"):
        assert SERVICES[name]["networks"] == ["inside"]


def test_the_image_does_not_run_as_root_and_checks_its_health() -> None:
    after_last_stage = DOCKERFILE.rsplit("FROM ", 1)[1]
    assert re.search(r"^USER intake$", after_last_stage, flags=re.MULTILINE)
    assert "docker/healthcheck.py" in _instructions("HEALTHCHECK")[0]


def _compose_client() -> list[str] | None:
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
        return [docker, "compose"]
    return [standalone] if (standalone := shutil.which("docker-compose")) else None


@pytest.mark.skipif(_compose_client() is None, reason="no docker compose client on this machine; the files were parsed")
def test_docker_compose_accepts_the_file(tmp_path: Path) -> None:
    client = _compose_client()
    assert client
    folder = tmp_path / "docker"
    shutil.copytree(ROOT / "docker", folder, ignore=shutil.ignore_patterns("env"))
    lines = [f"{name}={value or 'filled'}" for name, value in EXAMPLE.items()]
    (folder / "env").write_text("\n".join(lines))
    config = [*client, "--env-file", str(folder / "env"), "-f", str(folder / "compose.yaml"), "config", "--quiet"]
    accepted = subprocess.run(config, capture_output=True, text=True, check=False)
    assert accepted.returncode == 0, accepted.stderr
