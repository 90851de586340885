"""The container route: the image, its start command, and the app that Camber is given."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import worker
from reconciler.local.samples import generate
from reconciler.objects.store import ObjectStore, ObjectStoreConfig
from tests.demo.test_legacy_payload import payload
from tests.world import RECIPIENT

FOLDER = Path(worker.__file__).parent
IMAGE = "rythmiq-worker-cpu:test"
BUILD_SECONDS_MAX = 900


def result_of(done: "subprocess.CompletedProcess[bytes]") -> dict[str, Any]:
    (line,) = done.stdout.splitlines()
    answer: dict[str, Any] = json.loads(line)
    return answer


def test_the_start_command_of_the_guide_is_the_worker() -> None:
    done = subprocess.run(
        [sys.executable, "worker.py"], cwd=FOLDER, input=b"no JSON", capture_output=True, check=False, timeout=60
    )

    assert result_of(done)["error"]["code"] == "PAYLOAD_INVALID", done.stderr


def test_the_app_has_what_camber_asks_for_and_expands_only_its_inputs() -> None:
    app = json.loads((FOLDER / "camber-app.json").read_text())
    inputs = {field["name"] for field in app["spec"]}

    assert {"name", "title", "description", "engineType", "command", "spec", "jobConfig"} <= app.keys()
    assert re.fullmatch(r"[a-z0-9-]+", app["name"])
    assert inputs == set(re.findall(r"\$\{(\w+)\}", app["command"]))
    assert app["command"].count("$") == len(inputs)


def test_the_image_takes_in_all_that_the_worker_reads() -> None:
    """What is not named in .dockerignore stays out, so whatever the worker reads beside its code must be named."""
    kept = {line[1:] for line in (FOLDER / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = set(re.findall(r"^COPY ((?:\S+ )+)\./$", (FOLDER / "Dockerfile.cpu").read_text(), re.MULTILINE)[0].split())

    packages = {path.parent.name for path in FOLDER.glob("*/__init__.py")}

    assert copied | packages | {"*.py", "selfcheck.png"} == kept
    assert all((FOLDER / name).exists() for name in kept if "*" not in name)


@pytest.fixture(scope="module")
def image() -> str:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "info"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker engine answers")
    base = subprocess.run([docker, "image", "inspect", "python:3.11-slim-bookworm"], capture_output=True, check=False)
    pulled = (
        base.returncode == 0
        or not subprocess.run(
            [docker, "pull", "-q", "python:3.11-slim-bookworm"], capture_output=True, check=False
        ).returncode
    )
    if not pulled:
        pytest.skip("the base image python:3.11-slim-bookworm can neither be found nor pulled")
    build = [docker, "build", "-q", "-f", str(FOLDER / "Dockerfile.cpu"), "-t", IMAGE, str(FOLDER)]
    subprocess.run(build, check=True, capture_output=True, timeout=BUILD_SECONDS_MAX)
    return IMAGE


def docker(*words: str, given: bytes = b"", **secrets: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the tool; secrets go to the container by their names, and stand on no command line."""
    names = [word for name in secrets for word in ("-e", name)]
    command = ["docker", words[0], *names, *words[1:]]
    environment = os.environ | secrets
    return subprocess.run(command, input=given, env=environment, capture_output=True, check=False, timeout=300)


@pytest.mark.engine
@pytest.mark.timeout(BUILD_SECONDS_MAX + 60)
def test_the_image_answers_a_payload_with_one_line(image: str) -> None:
    done = docker("run", "-i", "--rm", "--network=none", image, given=b'{"job_id": 1}')

    assert result_of(done)["status"] == "failed"
    assert result_of(done)["error"]["code"] == "PAYLOAD_INVALID"


@pytest.mark.engine
@pytest.mark.timeout(BUILD_SECONDS_MAX + 60)
def test_the_image_makes_the_files_of_a_document(image: str, object_store: ObjectStoreConfig, tmp_path: Path) -> None:
    """The guide's `docker run -i < payload.json`, with a page that has text on it and a store that takes the files."""
    (card, *_) = generate(tmp_path)
    objects, key = ObjectStore(object_store), f"blobs/{uuid4()}"
    objects.put_file(key, Path(card.path), card.mime_type)
    keys = {"SPACES_KEY": object_store.access_key, "SPACES_SECRET": object_store.secret_key}
    given = json.dumps(payload(object_store, key)).encode()

    done = docker("run", "-i", "--rm", "--network=host", image, given=given, **keys, AGE_RECIPIENTS=RECIPIENT)

    assert result_of(done)["status"] == "success", (result_of(done), done.stderr[-2000:])
    assert objects.head(result_of(done)["artifacts"]["master_path"]) is not None
    assert objects.get(result_of(done)["artifacts"]["preview_path"], bytes_max=10**7).startswith(b"\xff\xd8")


@pytest.mark.engine
@pytest.mark.timeout(BUILD_SECONDS_MAX + 60)
def test_the_image_reads_a_page_without_any_network(image: str) -> None:
    done = docker("run", "--rm", "--network=none", image, "python", "worker.py", "self-check")

    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.engine
@pytest.mark.timeout(BUILD_SECONDS_MAX + 60)
def test_the_image_runs_as_nobody_in_particular_and_is_healthy(image: str) -> None:
    facts = json.loads(docker("image", "inspect", image).stdout)[0]["Config"]
    healthy = docker("run", "--rm", "--network=none", image, *facts["Healthcheck"]["Test"][1:])
    who = docker("run", "--rm", "--network=none", image, "id", "-u")

    assert healthy.returncode == 0, healthy.stderr
    assert (b"10001\n", "10001:10001") == (who.stdout, facts["User"])
