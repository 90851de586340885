"""What stands behind the tool's answers: nodes, folders, the queue, the stash, apps, and what goes wrong on demand.

Each test is one item, by its number and subject; `test_behaviour.py` begins.
"""

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.answers import as_json, create, said
from tests.conformance.subject import Subject, job_id_of, local_subject


def test_09_a_command_runs_under_plain_bash_in_the_folder(camber_under_test: Subject, tmp_path: Path) -> None:
    """No `set -e`, no `pipefail`, none of the caller's environment, a fresh home, no camber, no executable bits."""
    tool = tmp_path / "tool.sh"
    tool.write_text("#!/bin/sh\necho ran\n")
    tool.chmod(0o755)
    assert camber_under_test.raw("stash", "cp", str(tool), f"{camber_under_test.folder()}tool.sh").returncode == 0
    command = (
        "echo $0; false; false | true && echo id $JOB_ID; echo mine ${SECRET_OF_THE_CALLER:-none};"
        ' command -v camber || echo no camber; ls -A "$HOME" | grep -c . ; [ -x tool.sh ] || bash tool.sh;'
        " echo bash ${#BASH_VERSION}; echo error >&2; echo last"
    )
    job_id = create(camber_under_test, command, SECRET_OF_THE_CALLER="told")
    camber_under_test.finished(job_id)
    lines = said(camber_under_test.raw("job", "logs", str(job_id)).stdout).decode().splitlines()

    assert re.fullmatch(r"/tmp/tmp\.\w{10}/start_job\.sh", lines[0])  # noqa: S108  # as it was captured
    assert lines[1:4] == [f"id {job_id}", "mine none", "no camber"]
    # What the real node's home holds is its own affair.
    assert camber_under_test.is_real or lines[4] == "0"
    assert lines[5] == "ran"
    assert re.fullmatch(r"bash [1-9]\d*", lines[6])
    assert lines[7:] == ["error", "last"]
    assert camber_under_test.job(job_id).status == "COMPLETED"


@pytest.mark.parametrize(
    ("mount", "sees", "comes_back"), [("live", True, True), ("snapshot", False, True), ("snapshot-only", False, False)]
)
def test_10_the_folder_is_mounted_live_or_as_a_snapshot(
    camber_under_test: Subject, mount: str, *, sees: bool, comes_back: bool
) -> None:
    camber_under_test.configure(mount=mount)
    assert camber_under_test.tool is not None
    folder = camber_under_test.tool.stash(f"conformance-{camber_under_test.name}/job")
    go = camber_under_test.tool.home / "go"
    job_id = create(camber_under_test, f"touch made; until [ -e {go} ]; do sleep 0.05; done; ls later")
    camber_under_test.eventually(lambda: camber_under_test.job(job_id).status == "RUNNING")
    (folder / "later").touch()
    go.touch()
    job = camber_under_test.finished(job_id)

    assert (job.status == "COMPLETED") is sees
    assert (folder / "made").exists() is comes_back


def test_11_jobs_queue_run_and_take_ids_with_gaps(camber_under_test: Subject) -> None:
    camber_under_test.configure(profile="fast", concurrency=2)
    assert camber_under_test.tool is not None
    go = camber_under_test.tool.home / "go"
    command = f"until [ -e {go} ]; do sleep 0.05; done"
    ids = [create(camber_under_test, command, f"job-{number}") for number in range(5)]
    words = camber_under_test.eventually(
        lambda: [camber_under_test.job(job_id).status_word for job_id in ids], lambda seen: seen.count("RUNNING") == 2
    )
    go.touch()
    jobs = [camber_under_test.finished(job_id) for job_id in ids]

    assert sorted(words) == ["PENDING"] * 3 + ["RUNNING"] * 2
    assert {job.status_word for job in jobs} == {"COMPLETED"}
    assert ids == sorted(ids)
    assert ids[-1] - ids[0] > len(ids) - 1


def test_12_account_stash_and_apps_have_their_screens(camber_under_test: Subject, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "deep").mkdir(parents=True)
    for name in ("a.txt", "b.pyc", "deep/c.txt", "deep/ignored.log"):
        (tree / name).write_text(name)
    (tree / ".gitignore").write_text("*.log\n")
    folder = camber_under_test.folder().rstrip("/")
    me = said(camber_under_test.raw("me").stdout).decode()
    copied = camber_under_test.raw(
        "stash", "cp", "-r", str(tree), f"{folder}/", "--exclude", "*.pyc", "--use-gitignore"
    )
    table = said(camber_under_test.raw("stash", "ls", f"{folder}/").stdout).decode().splitlines()
    tests = [
        camber_under_test.raw("stash", "test", "-e", f"{folder}/{name}").returncode
        for name in ("a.txt", "deep/c.txt", "b.pyc", "deep/ignored.log")
    ]
    missing = camber_under_test.raw("stash", "ls", f"{folder}/none")
    made = [camber_under_test.raw("stash", "mkdir", f"{folder}/made").returncode for _ in range(2)]
    removed = camber_under_test.raw("stash", "rm", "-rf", f"{folder}/deep").returncode
    left = camber_under_test.raw("stash", "test", "-d", f"{folder}/deep").returncode

    assert me.startswith(f"\n{'=' * 22}User Information{'=' * 22}\nEmail:")
    assert re.search(r"^Username:            \S+$", me, re.MULTILINE)
    assert as_json(camber_under_test, "me")["username"] == camber_under_test.account().username
    assert copied.returncode == 0
    assert table[0] == f"{'Name':<41}{'Type':<21}Size"
    assert f"{'deep':<41}directory" in table
    assert [code == 0 for code in tests] == [True, True, False, False]
    assert [code == 0 for code in made] == [True, False]
    assert (removed, left == 0) == (0, False)
    assert b"not found" in missing.stdout.lower() + missing.stderr.lower()
    assert b"Flags:\n  -h, --help                help for run\n      --input stringArray" in (
        camber_under_test.raw("app", "run", "--help").stdout
    )


def test_12_an_app_is_made_shown_run_and_deleted(camber_under_test: Subject, tmp_path: Path) -> None:
    """Template variables are put in before bash sees the command: what no input names is empty."""
    name = f"conformance-{camber_under_test.name}"
    app: dict[str, Any] = {"name": name, "title": "Conformance", "engineType": "MPI", "spec": [], "jobConfig": []}
    app |= {"command": "echo said ${word} [$UNKNOWN]", "spec": [{"type": "Input", "name": "word", "label": "Word"}]}
    file = tmp_path / "app.json"
    file.write_text(json.dumps(app))
    created = said(camber_under_test.raw("app", "create", "--file", str(file)).stdout).decode()
    described = said(camber_under_test.raw("app", "describe", name).stdout).decode()
    listed = said(camber_under_test.raw("app", "list").stdout).decode()
    try:
        assert created.startswith(f"\nApp created successfully\n\n{'=' * 22}Application Information{'=' * 22}\n\n")
        assert f"Name:                {name}\n" in created
        assert f"Name:                {name}\n" in described
        assert re.search(rf"^Name +: {name}$", listed, re.MULTILINE)
        camber_under_test.spends_credits()
        ran = camber_under_test.raw("app", "run", name, "--input", "word=hello")
        job_id = job_id_of(ran.stdout)
        camber_under_test.finished(job_id)
        assert "said hello []" in said(camber_under_test.raw("job", "logs", str(job_id)).stdout).decode()
    finally:
        deleted = camber_under_test.raw("app", "delete", name)
    assert (deleted.returncode, b"deleted successfully" in deleted.stdout) == (0, True)


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        ({"fault": "create-fails-id-consumed"}, 1, b"API error: code=2, message=Failed to create job\n"),
        ({"fault": "create-fails-id-consumed", "job": "runs"}, 1, b"API error: code=2, message=Failed to create job\n"),
        ({"fault": "create-killed-after-effect"}, -9, b""),
        ({"fault": "html"}, 1, b"<html>"),
        ({"fault": "server-error"}, 1, b"API error: code=500"),
        ({"fault": "rate-limited"}, 1, b"API error: code=429"),
        ({"fault": "auth-failed", "exit_code": 0}, 0, b"authentication error"),
        ({"fault": "auth-failed", "exit_code": 1}, 1, b"authentication error"),
        ({"fault": "credits-exhausted"}, 1, b"API error: code=2, message=Insufficient credits\n"),
        ({"fault": "garbage"}, 0, bytes([0, 97, 194, 35])),
        ({"fault": "create-hangs", "seconds": 1.0}, 0, b"Job created successfully\n"),
        ({"fault": "delay", "seconds": 1.0}, 0, b"Job created successfully\n"),
        ({"fault": "banner"}, 0, "\n\N{POLICE CARS REVOLVING LIGHT} Your version".encode()),
    ],
    ids=lambda value: re.sub(r"[^a-z0-9-]+", "_", str(value)).strip("_") if isinstance(value, dict) else "",
)
def test_13_faults_come_on_demand(camber_under_test: Subject, fault: dict[str, object], code: int, text: bytes) -> None:
    """Called once each, with one call before and one after that are as ever."""
    camber_under_test.faults({**fault, "nth": 2, "call": "job create"})
    path = camber_under_test.folder()
    calls, took = [], []
    for _ in range(3):
        begun = time.monotonic()
        calls.append(camber_under_test.raw("job", "create", "--cmd", "true", "--path", path))
        took.append(time.monotonic() - begun)

    assert [call.returncode for call in calls] == [0, code, 0]
    assert took[1] >= float(str(fault.get("seconds", 0)))
    assert calls[1].stdout.startswith(text)
    assert job_id_of(calls[2].stdout) > job_id_of(calls[0].stdout)


@pytest.mark.parametrize(("job", "listed"), [("none", [2, 0]), ("runs", [2, 1, 0])], ids=["none", "runs"])
def test_13_a_create_that_is_reported_failed_uses_up_an_id(
    camber_under_test: Subject, tmp_path: Path, job: str, listed: list[int]
) -> None:
    """Held against a Camber of the same seed where nothing fails: the job behind the failure has the same id there."""
    camber_under_test.faults({"fault": "create-fails-id-consumed", "job": job, "nth": 2})
    calls = [create_anyhow(camber_under_test) for _ in range(3)]
    other = local_subject(tmp_path / "other")
    ids = [create(other, "true") for _ in range(3)]
    assert other.tool is not None
    other.tool.out("emulator", "stop")

    assert [job_id_of(calls[0].stdout), job_id_of(calls[2].stdout)] == [ids[0], ids[2]]
    assert [row.camber_job_id for row in camber_under_test.listed()] == [ids[at] for at in listed]


def test_13_the_services_clock_may_be_off(camber_under_test: Subject) -> None:
    job_id = create(camber_under_test, "true")
    camber_under_test.finished(job_id)
    before = camber_under_test.job(job_id)
    camber_under_test.faults({"fault": "clock-skew", "skew_seconds": -300.0})
    after = camber_under_test.job(job_id)

    for one, other in ((before.created_at, after.created_at), (before.finished_at, after.finished_at)):
        assert one is not None
        assert other is not None
        assert (one - other).total_seconds() == 300


def test_14_what_is_unknown_has_the_milder_form_unless_a_knob_says_otherwise(camber_under_test: Subject) -> None:
    if camber_under_test.is_real:
        pytest.skip("what the real tool does here is what is not known")
    job_id = create(camber_under_test, "true")
    camber_under_test.finished(job_id)
    never = camber_under_test.raw("job", "get", "7")
    refused = camber_under_test.raw("job", "create", "--cmd", "true", "--path", "stash://local/x", "--output", "json")

    assert list(as_json(camber_under_test, "job", "list")) == ["total", "jobs"]
    assert (never.returncode, never.stdout) == (1, b"API error: code=10, message=Job not found\n")
    assert refused.stderr.startswith(b"Error: unknown flag: --output\n")
    assert isinstance(as_json(camber_under_test, "stash", "ls"), list)


def create_anyhow(subject: Subject) -> "subprocess.CompletedProcess[bytes]":
    return subject.raw("job", "create", "--cmd", "true", "--path", subject.folder())
