"""How the tool behaves, to the byte where it was captured. Each test is one item, by its number and subject.

Where the executable is the local Camber these hold it to what was seen of the real one. Where it is the real one they
tell what has changed.
"""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.subject import Subject, job_id_of

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
GLOBAL_FLAGS = (
    b"Global Flags:\n      --api-key string   API key for authentication (also set via CAMBER_API_KEY env var)\n\n"
)
FOREIGN = b"API error: code=15, message=Failed to issue sts to get logs: job not belong to user"
BANNER = (
    "\n🚨 Your version {} is out of date!\n👉 The latest version is {}.\n\nTo update, run:\n  camber update\n\n"
    "⚠️ It's recommended to stay up to date for the latest features and security fixes.\n"
)
BANNER_SHAPE = re.compile(BANNER.replace("{}", r"[\w.-]+").encode())


def said(stdout: bytes) -> bytes:
    """What was said after the banner, which the real tool may put before anything, any day."""
    return BANNER_SHAPE.sub(b"", stdout, count=1)


def create(subject: Subject, command: str, name: str = "job", **environ: str) -> int:
    subject.spends_credits()
    done = subject.raw("job", "create", "--cmd", command, "--path", subject.folder(name), **environ)
    assert done.returncode == 0, done
    return job_id_of(done.stdout)


def as_json(subject: Subject, *arguments: str) -> Any:
    shown = said(subject.raw(*arguments, "--output", "json").stdout)
    return json.loads(shown[min(at for at in (shown.find(b"{"), shown.find(b"[")) if at >= 0) :])


def test_01_errors_are_cobras_on_stderr_and_bare_on_stdout(camber_under_test: Subject) -> None:
    failed = camber_under_test.raw("job", "logs", "1")
    mistaken = camber_under_test.raw("job", "get", "--no-such-flag")
    deleted = camber_under_test.raw("app", "delete", "no-such-app-of-ours")
    before = camber_under_test.raw("--api-key", camber_under_test.environ.get("CAMBER_API_KEY", ""), "me")

    assert failed.returncode != 0
    assert said(failed.stdout) == FOREIGN + b"\n"
    assert (
        failed.stderr
        == (b"Error: " + FOREIGN + b"\nUsage:\n  camber job logs [flags]\n\nFlags:\n  -h, --help   help for logs\n\n")
        + GLOBAL_FLAGS
    )
    assert mistaken.returncode != 0
    assert mistaken.stderr.startswith(b"Error: unknown flag: --no-such-flag\nUsage:\n")
    assert said(deleted.stdout) == b"API error: code=500, message=Failed to delete app\n" * 2
    assert before.returncode == 0


def test_02_the_version_is_one_line(camber_under_test: Subject) -> None:
    shown = said(camber_under_test.raw("version").stdout)

    assert re.fullmatch(rb"Camber \d+\.\d+\.\d+(-\w+)? - [0-9a-f]{7,}\n", shown)


def test_03_the_banner_is_these_bytes_on_stdout_first(camber_under_test: Subject) -> None:
    camber_under_test.configure(banner="true", version="1.0.38-dev", latest_version="1.0.39-dev")
    expected = BANNER.format("1.0.38-dev", "1.0.39-dev").encode()
    text, failed = camber_under_test.raw("me"), camber_under_test.raw("job", "logs", "1")
    early = camber_under_test.raw("me", "--output", "json").stdout
    camber_under_test.configure(banner_before_json="false")
    late = camber_under_test.raw("me", "--output", "json").stdout

    assert text.stdout.startswith(expected + b"\n======================User Information")
    assert failed.stdout == expected + FOREIGN + b"\n"
    assert early == expected + late
    assert late.startswith(b"{")


def test_04_create_checks_its_flags_and_says_an_id(camber_under_test: Subject) -> None:
    path = ("--path", camber_under_test.folder())
    gpu = camber_under_test.raw("job", "create", "--cmd", "true", *path, "--gpu")
    bare = camber_under_test.raw("job", "create", *path)
    job_id = create(camber_under_test, "true")
    shown = said(camber_under_test.raw("job", "get", str(job_id)).stdout)

    assert b"Error: invalid node size for GPU: xxsmall. Must be one of: [xsmall medium]" in gpu.stderr.splitlines()
    assert bare.returncode != 0
    assert b"Job Type:            MPI\n" in shown
    assert b"Node Size:           XXSMALL\n" in shown
    assert b"Number of Nodes:     1\n" in shown


def test_05_the_screen_of_a_job_is_these_bytes(camber_under_test: Subject) -> None:
    command = 'echo "Status: x"; exit 1'
    job_id = create(camber_under_test, command)
    camber_under_test.finished(job_id)
    shown = said(camber_under_test.raw("job", "get", str(job_id)).stdout).decode()
    job = as_json(camber_under_test, "job", "get", str(job_id))
    start, finish = re.findall(STAMP, shown)

    minutes, seconds = divmod(int((datetime.fromisoformat(finish) - datetime.fromisoformat(start)).total_seconds()), 60)
    duration = f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
    assert shown == (
        "\n======================Job Information======================\n"
        f"Job ID:              {job_id}\n"
        "Status:              FAILED\n"
        "Job Type:            MPI\n"
        "Node Size:           XXSMALL\n"
        f"Command:             {command}\n"
        "With GPU:            false\n"
        "Number of Nodes:     1\n"
        f"Start Time:          {start}\n"
        f"Duration:            {duration}\n"
        f"Finish Time:         {finish}\n"
        "\n===========================================================\n\n"
    )
    assert int(job["job_id"]) == job_id
    assert (job["job_status"], job["with_gpu"], job["num_nodes"]) == ("FAILED", False, 1)
    assert job["created_at"] == start
    assert camber_under_test.folder().endswith(f"{job['mount_dir'].strip('/')}/")


def test_06_the_list_is_paged_newest_first(camber_under_test: Subject) -> None:
    ids = [create(camber_under_test, "true") for _ in range(3)]
    page = as_json(camber_under_test, "job", "list", "--page", "1", "--size", "2")
    rows = next(value for value in page.values() if isinstance(value, list))
    text = said(camber_under_test.raw("job", "list").stdout).decode()

    assert [int(row["job_id"]) for row in rows] == ids[:0:-1]
    assert page["total"] >= 3
    assert re.search(r"^-{20,}$", text, re.MULTILINE)
    assert all(re.search(rf"^{label}: ", text, re.MULTILINE) for label in ("Job ID", "Status", "Start Time"))


def test_07_logs_are_raw_and_only_for_jobs_that_have_run(camber_under_test: Subject) -> None:
    camber_under_test.configure(concurrency=1)
    running = create(
        camber_under_test, r"printf 'a\rb\033[1mc\n'; echo error >&2; until [ -e go ]; do sleep 0.05; done"
    )
    pending = create(camber_under_test, "true", "other")
    shown = camber_under_test.eventually(
        lambda: said(camber_under_test.raw("job", "logs", str(running)).stdout), lambda text: b"error" in text
    )
    refused = camber_under_test.raw("job", "logs", str(pending))

    assert shown == b"a\rb\x1b[1mc\nerror\n"
    assert refused.returncode != 0
    assert b"job status is not completed, failed, or running" in said(refused.stdout)


def test_08_there_is_no_cancel_stop_or_delete(camber_under_test: Subject) -> None:
    shown = camber_under_test.raw("job", "--help").stdout.decode()
    unknown = camber_under_test.raw("jobs")

    assert re.findall(r"^  (create|get|list|logs|cancel|stop|delete) ", shown, re.MULTILINE) == [
        "create",
        "get",
        "list",
        "logs",
    ]
    assert unknown.returncode != 0
    assert unknown.stderr.startswith(b'Error: unknown command "jobs" for "camber"\n')


def test_09_a_command_runs_under_plain_bash_in_the_folder(camber_under_test: Subject, tmp_path: Path) -> None:
    """No `set -e`, no `pipefail`, none of the caller's environment, a fresh home, no camber, no executable bits."""
    tool = tmp_path / "tool.sh"
    tool.write_text("#!/bin/sh\necho ran\n")
    tool.chmod(0o755)
    assert camber_under_test.raw("stash", "cp", str(tool), f"{camber_under_test.folder()}tool.sh").returncode == 0
    command = (
        "echo $0; false; false | true; echo id $JOB_ID; echo mine ${SECRET_OF_THE_CALLER:-none};"
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
        ({"fault": "delay", "seconds": 0.1}, 0, b"Job created successfully\n"),
        ({"fault": "banner"}, 0, "\n\N{POLICE CARS REVOLVING LIGHT} Your version".encode()),
    ],
    ids=lambda value: re.sub(r"[^a-z0-9-]+", "_", str(value)).strip("_") if isinstance(value, dict) else "",
)
def test_13_faults_come_on_demand(camber_under_test: Subject, fault: dict[str, object], code: int, text: bytes) -> None:
    """Called once each, with one call before and one after that are as ever."""
    camber_under_test.faults({**fault, "nth": 2, "call": "job create"})
    path = camber_under_test.folder()
    calls = [camber_under_test.raw("job", "create", "--cmd", "true", "--path", path) for _ in range(3)]

    assert [call.returncode for call in calls] == [0, code, 0]
    assert calls[1].stdout.startswith(text)
    assert job_id_of(calls[2].stdout) > job_id_of(calls[0].stdout)


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
