"""The whole platform in containers: no secret in the file, least rights, and a document that comes out finished."""

import json
import os
import re
import secrets
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.local.ports import free_ports
from reconciler.settings import Settings, load
from reconciler.store.migrate import ROLES
from tests.deploy import engine
from tests.deploy.given import secret_settings, with_files
from tests.world import RECIPIENT

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "compose"
USER = "00000000-0000-4000-8000-000000000001"
UP_SECONDS_MAX = 3000
ONE_SHOT = {"migrate", "setup", "tools"}
OWN = {"CAMBER_LOCAL_HOME", "CAMBER_LOCAL_SCHEDULER"}
"""Variables of the local Camber, not of the daemon."""


def file() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return read


SERVICES: dict[str, dict[str, Any]] = file()["services"]


def make_secrets(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", FOLDER / "make-secrets.sh"],
        env={"PATH": os.environ["PATH"], "COMPOSE_SECRETS": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )


def test_the_secrets_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    make_secrets(folder)
    first = {path.name: path.read_text() for path in folder.iterdir()}
    (folder / "daemon-url").unlink()
    make_secrets(folder)

    named = {Path(one["file"]).name for one in file()["secrets"].values()}
    assert named <= first.keys()
    assert first == {path.name: path.read_text() for path in folder.iterdir()}
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert len({first[name] for name in first if name.endswith("-password")}) == 4
    keys = json.loads(first["s3.json"])["identities"][0]["credentials"][0]
    assert (keys["accessKey"], keys["secretKey"]) == (first["s3-access-key"], first["s3-secret-key"])


def test_no_secret_stands_in_the_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}

    assert not secret_settings() & given
    assert not re.findall(r"PASSWORD: |://\S+:\S+@", text)
    assert all("COMPOSE_SECRETS" in one["file"] for one in file()["secrets"].values())


def test_the_daemon_can_use_its_settings_and_logs_in_as_who_may_do_least(tmp_path: Path) -> None:
    given = {name: value for name, value in SERVICES["daemon"]["environment"].items() if name not in OWN}
    key = f"environments/onnx-{'0' * 64}-py3.11.tar"

    settings = load(
        with_files(given, tmp_path, AGE_RECIPIENTS_FILE=RECIPIENT, RUN_ARCHIVE_KEY_FILE=key), tmp_path / ".env"
    )

    assert {name.removesuffix("_FILE") for name in given} <= {name.upper() for name in Settings.model_fields}
    assert settings.run_archive_key == key
    assert given["DATABASE_URL_FILE"] == "/run/secrets/daemon-url"
    assert "owner-url" not in SERVICES["daemon"]["secrets"]
    grace = int(SERVICES["daemon"]["stop_grace_period"].removesuffix("s"))
    assert grace > settings.drain_seconds + settings.create_limit_seconds


def test_the_logins_are_members_of_the_roles_that_the_migration_knows() -> None:
    script = (FOLDER / "postgres-init.sh").read_text("utf-8")

    assert set(ROLES) == set(re.findall(r"CREATE ROLE (reconciler_\w+) NOLOGIN", script))
    assert {"reconciler_daemon", "reconciler_operator"} == set(re.findall(r"IN ROLE (\w+)", script))
    assert "SUPERUSER" not in script


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_says_how_it_is_and_holds_no_right_it_does_not_need(name: str) -> None:
    service = SERVICES[name]

    if name in ONE_SHOT:
        assert service["healthcheck"] == {"disable": True}
    else:
        # The images of the program say so themselves.
        assert "healthcheck" in service or service["image"].startswith("rythmiq-")
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "network_mode", "pid"} & service.keys()
    assert ":latest" not in service["image"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert "database" not in service["networks"] or name != "camber"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Compose"]:
    """All of it, brought up as the file's head says; taken down with its volumes."""
    engine.require("postgres:16", "chrislusf/seaweedfs:4.48", "python:3.11-slim-bookworm", compose=True)
    folder = tmp_path_factory.mktemp("secrets")
    make_secrets(folder)
    (port,) = free_ports(1)
    compose = Compose(folder, port)
    try:
        compose("up", "--build", "--wait", seconds=UP_SECONDS_MAX)
        yield compose
    finally:
        compose("down", "--volumes", "--timeout", "30", seconds=300)


class Compose:
    """One project of a name of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self._project = f"rythmiq-test-{secrets.token_hex(3)}"
        self._given = {"COMPOSE_SECRETS": str(folder), "HEALTH_PORT": str(port), "RYTHMIQ_TAG": "test"}
        self.folder = folder

    def __call__(self, *words: str, seconds: float = 300, code: int = 0) -> str:
        done = engine.run("compose", "--project-name", self._project, *words, seconds=seconds, given=self._given)
        assert done.returncode == code, (words, done.stdout[-3000:], done.stderr[-3000:], self._last_words())
        return done.stdout

    def _last_words(self) -> str:
        """What the services said last: of an unhealthy one compose tells no more than that."""
        logs = ("logs", "--no-color", "--tail", "20")
        return engine.run("compose", "--project-name", self._project, *logs, given=self._given).stdout[-6000:]


@pytest.mark.engine
@pytest.mark.timeout(UP_SECONDS_MAX + 900)
def test_a_sample_document_is_completed_and_brought_out(platform: Compose) -> None:
    submit = ("submit", "/opt/samples/receipt.jpg", "--schema", "college-generic", "--user", USER)
    done = json.loads(platform("run", "--rm", "-T", "tools", *submit, "--wait", "--json", seconds=900))

    assert ["completed"] == [one["status"] for one in done]
    bring = 'reconciler fetch "$0" --to /tmp/out --master --identity keys/identity.age && ls /tmp/out'
    said = platform("run", "--rm", "-T", "--entrypoint", "sh", "tools", "-c", bring, done[0]["id"])
    assert {"receipt.jpg"} < set(said.split())


@pytest.mark.engine
@pytest.mark.timeout(UP_SECONDS_MAX + 900)
def test_the_daemon_runs_as_nobody_on_a_file_system_that_it_cannot_write(platform: Compose) -> None:
    assert platform("exec", "-T", "daemon", "id", "-u").strip() == "10001"
    platform("exec", "-T", "daemon", "sh", "-c", "! touch /opt/rythmiq/x")
    seen = platform("exec", "-T", "daemon", "sh", "-c", "env; cat /proc/1/cmdline")

    assert not [path.name for path in platform.folder.iterdir() if path.read_text().strip() in seen]


@pytest.mark.engine
@pytest.mark.timeout(UP_SECONDS_MAX + 900)
def test_up_again_changes_nothing_and_a_stop_drains(platform: Compose) -> None:
    platform("up", "--wait", seconds=600)
    before = json.loads(platform("run", "--rm", "-T", "tools", "schemas", "list", "--json"))
    platform("stop", "daemon", seconds=240)
    log = platform("logs", "--no-log-prefix", "daemon")
    platform("up", "--wait", seconds=600)

    assert before == json.loads(platform("run", "--rm", "-T", "tools", "schemas", "list", "--json"))
    assert '"event": "Daemon stopped"' in log
