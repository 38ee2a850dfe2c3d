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

from tests.services import postgres

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


def _environment(name: str) -> dict[str, str]:
    environment: dict[str, str] = SERVICES[name].get("environment", {})
    return environment


# What runs our image; the others are servers.
OURS = [name for name, service in SERVICES.items() if "build" in service]


def test_the_services_of_production_are_there() -> None:
    assert set(OURS) == {"web", "worker", "beat", "migrate", "backup"}
    assert set(SERVICES) == {*OURS, "postgres-main", "postgres-keys", "redis"}


def test_only_the_worker_has_its_key() -> None:
    assert set(COMPOSE["secrets"]) == {"worker_key"}
    assert [name for name, service in SERVICES.items() if "worker_key" in service.get("secrets", [])] == ["worker"]
    assert [name for name in SERVICES if "WORKER_KEY_FILE" in _environment(name)] == ["worker"]
    assert _environment("worker")["WORKER_KEY_FILE"] == "/run/secrets/worker_key"


def test_no_service_is_given_the_whole_file_of_secrets() -> None:
    assert [name for name, service in SERVICES.items() if "env_file" in service] == []


@pytest.mark.parametrize("variable", ["DATABASE_URL", "KEYS_DATABASE_URL"])
def test_every_service_has_its_own_role_and_password(variable: str) -> None:
    who = {name: _environment(name)[variable].split("//")[1].rpartition("@")[0] for name in OURS}
    roles = {name: role.partition(":")[0] for name, role in who.items()}
    assert roles == {
        "web": "intake_web",
        "worker": "intake_worker",
        "migrate": "intake_owner",
        "backup": "intake_backup",
        "beat": "intake_beat",
    }
    assert len(set(who.values())) == len(OURS)


@pytest.mark.parametrize(
    ("secret", "holders"),
    [
        ("SECRET_KEY", {"web"}),
        ("RETURN_CODE_PEPPER", {"web"}),
        ("SECOND_FACTOR_KEY", {"web"}),
        ("TWILIO_AUTH_TOKEN", {"web", "worker"}),
        ("WEB_PASSWORD", {"web", "postgres-main", "postgres-keys"}),
        ("WORKER_PASSWORD", {"worker", "postgres-main", "postgres-keys"}),
        ("OWNER_PASSWORD", {"migrate", "postgres-main", "postgres-keys"}),
        ("BACKUP_PASSWORD", {"backup", "postgres-main", "postgres-keys"}),
        ("MAIN_SUPERUSER_PASSWORD", {"postgres-main"}),
        ("KEYS_SUPERUSER_PASSWORD", {"postgres-keys"}),
        ("REDIS_PASSWORD", {"web", "worker", "beat", "redis"}),
    ],
)
def test_a_secret_goes_to_those_who_work_with_it(secret: str, holders: set[str]) -> None:
    assert {name for name, service in SERVICES.items() if f"${{{secret}:" in str(service)} == holders


def test_the_roles_are_made_in_both_databases() -> None:
    for name in ("postgres-main", "postgres-keys"):
        assert "./roles.sql:/docker-entrypoint-initdb.d/roles.sql:ro" in SERVICES[name]["volumes"]
        read = re.findall(r"^\\getenv \w+ (\w+)$", (ROOT / "docker/roles.sql").read_text(), flags=re.MULTILINE)
        assert read
        assert set(read) <= set(_environment(name))


def test_a_backup_is_called_and_not_kept_running() -> None:
    assert SERVICES["backup"]["profiles"] == ["backup"]
    assert SERVICES["backup"]["restart"] == "no"


def test_the_programs_of_backups_are_of_the_servers_version() -> None:
    client = next(line.split(" AS ")[0] for line in _instructions("FROM") if line.endswith(" AS client"))
    assert client == SERVICES["postgres-main"]["image"] == SERVICES["postgres-keys"]["image"]
    major = client.partition(":")[2].partition(".")[0]
    assert f"/usr/lib/postgresql/{major}/bin" in " ".join(_instructions("RUN"))


def test_the_programs_run_with_the_libraries_that_were_taken_along(tmp_path: Path) -> None:
    programs = postgres.binaries()
    assert programs
    taking = ["sh", str(ROOT / "docker/take_programs.sh"), str(programs), str(tmp_path)]

    said = subprocess.run(taking, capture_output=True, text=True, check=True).stdout

    assert [line.split()[0] for line in said.splitlines()] == ["pg_dump", "pg_restore", "psql"]
    assert not list((tmp_path / "lib").glob("libc.so*"))
    assert list((tmp_path / "lib").glob("libpq.so*"))


@pytest.mark.parametrize("image", [service["image"] for service in SERVICES.values()])
def test_service_images_are_pinned(image: str) -> None:
    assert PINNED.match(image)


@pytest.mark.parametrize("source", _instructions("FROM"))
def test_base_images_are_pinned_by_version_and_distribution(source: str) -> None:
    image, stage = source.split(" AS ")
    assert re.match(r"^(python:3\.11|node:\d+|postgres:\d+\.\d+)(-slim)?-bookworm(-slim)?$", image)
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
    assert programs == {"sh", "celery", "python", "redis-server", "postgres"}
    lock = (ROOT / "requirements.txt").read_text()
    assert re.search(r"^celery(\[|==)", lock, flags=re.MULTILINE)
    assert re.search(r"^gunicorn==", lock, flags=re.MULTILINE)


def _variables_of_compose() -> set[str]:
    return set(re.findall(r"\$\{(\w+)", (ROOT / "docker/compose.yaml").read_text()))


def _settings_named() -> set[str]:
    in_compose = {name for service in OURS for name in _environment(service)}
    in_image = {pair.split("=")[0] for line in _instructions("ENV") for pair in line.split()}
    return {name for name in in_compose | in_image if not name.startswith(("PYTHON", "PATH"))}


@pytest.mark.parametrize("name", sorted(_settings_named()))
def test_settings_exist(name: str) -> None:
    source = (ROOT / "config/settings.py").read_text() + (ROOT / "config/environment.py").read_text()
    assert f'"{name}"' in source


@pytest.mark.parametrize("name", sorted(EXAMPLE))
def test_every_line_of_the_example_is_used(name: str) -> None:
    assert name in _variables_of_compose()


@pytest.mark.parametrize("name", sorted(_variables_of_compose()))
def test_variables_of_compose_are_in_the_example(name: str) -> None:
    assert name in EXAMPLE


def test_the_example_holds_no_secret() -> None:
    secrets = [name for name in EXAMPLE if re.search("SECRET|PEPPER|PASSWORD|TOKEN|SID|FACTOR_KEY", name)]
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


def test_only_who_calls_strangers_has_a_way_out() -> None:
    assert {name for name, service in SERVICES.items() if "outside" in service["networks"]} == {"web", "worker"}


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
