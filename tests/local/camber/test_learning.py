"""`camber-local emulator learn`: what was captured of the real tool becomes knobs, and nothing is passed over."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.local.camber import learning
from reconciler.local.camber.errors import EmulatorError
from reconciler.local.camber.home import Home
from tests.local.camber.tool import Tool

JOB: dict[str, Any] = {
    "job_id": 27649,
    "job_status": "COMPLETED",
    "engine_type": "MPI",
    "node_size": "XSMALL",
    "command": "true",
    "with_gpu": False,
    "num_nodes": 1,
    "mount_dir": "rythmiq/rq-dev-doctor-1",
    "created_at": "2026-09-18T06:45:25Z",
    "started_at": "2026-09-18T06:45:29Z",
    "finished_at": "2026-09-18T06:45:39Z",
}
OPEN: dict[str, Any] = {**JOB, "job_status": "RUNNING", "finished_at": None}
BANNER = (
    "\n🚨 Your version 1.0.38-dev is out of date!\n👉 The latest version is 1.0.39-dev.\n\nTo update, run:\n"
    "  camber update\n\n⚠️ It's recommended to stay up to date for the latest features and security fixes.\n"
)
GET, LIST = "job get 27649 --output json", "job list --output json --page 1 --size 20"
NOT_FOUND = "API error: code=500, message=Job not found"
Call = tuple[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "transcripts"
    path.mkdir()
    return path


def keep(folder: Path, *calls: Call, exit_code: int = 0, stderr: str = "", mark: str = "R") -> None:
    """Keep calls as the doctor does."""
    manifest = folder / "manifest.json"
    entries = json.loads(manifest.read_text()) if manifest.exists() else []
    for command, answer in calls:
        name = f"call-{len(entries) + 1}"
        (folder / f"{name}.out").write_text(answer if isinstance(answer, str) else json.dumps(answer), newline="")
        (folder / f"{name}.err").write_text(stderr)
        entry = {"name": name, "mark": mark, "command": command, "exit_code": exit_code}
        entries.append({**entry, "stdout": f"{name}.out", "stderr": f"{name}.err"})
    manifest.write_text(json.dumps(entries))


def learn(home: Path, folder: Path) -> tuple[dict[str, Any], str]:
    """The knobs afterwards, and what was said."""
    home.mkdir(exist_ok=True)
    said = "".join(f"{line}\n" for line in learning.learn(Home(home), {}, folder).lines)
    return json.loads((home / "config.json").read_text()), said


def without(job: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in job.items() if key not in keys}


@pytest.mark.parametrize(
    ("call", "knobs"),
    [
        (("version", "Camber 1.0.41 - 0a1b2c3\n"), {"version": "1.0.41", "commit": "0a1b2c3"}),
        (("version", f"{BANNER}Camber 1.0.38-dev - 2118c7a\n"), {"banner": True, "latest_version": "1.0.39-dev"}),
        (("job create", "Job created successfully. Status: Submitted. Job ID: 7\n"), {"create_form": "line"}),
        (("job create", "Job 7 created and queued successfully\n"), {"create_form": "old"}),
        (("job create --output json", {"job_id": "7"}), {"create_output": True}),
        (("me", f"\n{'=' * 22}User Information{'=' * 22}\n\n{'=' * 22}Teams Information{'='}\n"), {"me_form": "new"}),
        (("me --output json", {"code": 0, "message": "", "data": {"username": "jo"}}), {"json_envelope": True}),
        ((GET, {**JOB, "job_id": "27649"}), {"ids_as": "text"}),
        ((GET, {**without(JOB, "job_status"), "state": "FAILED"}), {"status_key": "state"}),
        ((GET, {**JOB, "mount_dir": None}), {"mount_dir_form": "null"}),
        ((GET, {**JOB, "mount_dir": "rythmiq/rq-dev-doctor-1/"}), {"mount_dir_form": "slash"}),
        ((GET, {**OPEN, "finished_at": "0001-01-01T00:00:00Z"}), {"absent_timestamps": "zero"}),
        ((GET, without(OPEN, "finished_at")), {"absent_timestamps": "absent", "get_omits": ""}),
        ((GET, without(JOB, "finished_at", "command")), {"get_omits": "command,finished_at"}),
        ((GET, {**without(JOB, "command"), "cmd": "true"}), {"renamed_keys": "command=cmd", "get_omits": ""}),
        ((GET, {**without(JOB, "created_at"), "createdAt": None}), {"renamed_keys": "created_at=createdAt"}),
        ((LIST, {"total": 1, "items": [without(JOB, "mount_dir")]}), {"list_key": "items", "list_omits": "mount_dir"}),
        ((LIST, {"count": 9, "jobs": [JOB] * 4}), {"total_key": "count", "page_size_max": 4}),
        ((LIST.replace("20", "4"), {"total": 9, "jobs": [JOB] * 4}), {"page_size_max": 0}),
        (("job list --output json", {"total": 9, "jobs": [JOB] * 4}), {"page_size": 4}),
        (("job get 7", "\nJob ID:              7\nStatus:              PENDING\n"), {"open_rows": "absent"}),
        (("job logs 7", "=> rq-dev-doctor-0123456789ab\n"), {"log_prefix": "=> "}),
        (("stash ls --output json", {"total": 0, "items": []}), {"stash_json": "wrapped"}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else value[0].replace(" ", "-"),
)
def test_a_captured_answer_turns_its_knobs(tmp_path: Path, folder: Path, call: Call, knobs: dict[str, object]) -> None:
    keep(folder, call)
    config, said = learn(tmp_path / "home", folder)
    _, again = learn(tmp_path / "home", folder)

    assert {knob: config[knob] for knob in knobs} == knobs
    for knob, value in knobs.items():
        assert f" {knob} = {value!r}" in said
    assert "learnt" not in again
    assert all(f"agreed   {knob} = " in again for knob in knobs)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (("version", "camber v2\n"), "another form"),
        (("version", BANNER.replace("recommended", "best") + "Camber 1.0.38-dev - 2118c7a\n"), "its banner"),
        (("job create", "Are you sure? (y/N): Job created successfully\nStatus: Submitted\nJob ID: 7\n"), "`prompt`"),
        (("job create", "Done: 7\n"), "'Done: 7"),
        ((GET, f"NOTE\n{json.dumps(JOB)}"), "'NOTE'"),
        ((GET, '{"job_id": '), "not JSON"),
        ((GET, {**JOB, "image": "hpc-base"}), "keys image"),
        ((GET, {**JOB, "job_status": "QUEUED"}), "`status-word`"),
        ((GET, {**JOB, "created_at": "2026-09-18T06:45:25.123+00:00"}), "06:45:25.123"),
        ((GET, {**JOB, "mount_dir": "stash://jo/x"}), "stash://jo/x"),
        ((LIST, [JOB]), "no object"),
        ((LIST, {"jobs": [JOB], "more": [JOB]}), "no single list"),
        ((LIST, {"total": 2, "jobs": [JOB, {**JOB, "job_id": 27650}]}), "the newest job is not the first"),
        (("job get 7", "nothing\n"), "shows no job"),
        (("job logs 7", "2026-09-18 rq-dev-doctor-0123456789ab\n"), "2026-09-18"),
        (("job logs 7", "whatever\n"), "doctor's own word"),
        (("stash ls", "a b c\n"), "a b c"),
    ],
    ids=lambda value: "" if isinstance(value, tuple) else value,
)
def test_what_no_knob_plays_is_said(tmp_path: Path, folder: Path, call: Call, reason: str) -> None:
    keep(folder, call)
    _, said = learn(tmp_path / "home", folder)
    (line,) = [line for line in said.splitlines() if line.startswith("unclear  call-1: ")]

    assert reason in line


@pytest.mark.parametrize(
    ("call", "stderr", "exit_code", "line"),
    [
        (("job get 7", f"{NOT_FOUND}\n"), f"Error: {NOT_FOUND}\n", 1, "learnt   unknown_job_code = 500"),
        (("job get 7", "API error: code=500, message=Oops\n"), "", 1, "play that with the fault `server-error`"),
        (("job create", "API error: code=2, message=Failed to create job\n"), "", 1, "`create-fails-id-consumed`"),
        (("job logs 7", "Error: unknown flag: --x\n"), "Error: unknown flag: --x\n", 1, "learnt   client_errors_on_st"),
        (("job logs 7", ""), "Error: unknown flag: --x\n", 1, "agreed   client_errors_on_stdout = False"),
        (("stash cp", ""), "Error: no space left\n", 255, "its exit code is 255"),
        (("me", "<html>"), "", 1, "'<html>'"),
        (("app delete", "API error: code=500, message=Failed to delete app\n" * 2), "", 1, "nothing  call-1"),
        (("stash test", ""), "", 1, "nothing  call-1: no knob hangs on what `stash test`"),
    ],
    ids=lambda value: "",
)
def test_a_captured_failure_is_told(
    tmp_path: Path, folder: Path, call: Call, stderr: str, exit_code: int, line: str
) -> None:
    keep(folder, call, exit_code=exit_code, stderr=stderr)
    _, said = learn(tmp_path / "home", folder)

    assert line in said


def test_the_list_shows_less_than_get_and_only_then(tool: Tool, folder: Path) -> None:
    """Whether the list shows the folder and the command is what a lost id is recovered by."""
    keep(folder, (GET, JOB), (LIST, {"total": 1, "jobs": [without(JOB, "command", "mount_dir")]}))
    config, _ = learn(tool.home, folder)
    job_id = tool.create("true")
    (row,) = json.loads(tool.out("job", "list", "--output", "json"))["jobs"]

    assert (config["get_omits"], config["list_omits"]) == ("", "command,mount_dir")
    assert {"command", "mount_dir"} & row.keys() == set()
    assert tool.job(job_id)["command"] == "true"


def test_answers_that_contradict_each_other_settle_nothing(tmp_path: Path, folder: Path) -> None:
    keep(folder, (GET, JOB), (LIST, {"total": 1, "jobs": [{**JOB, "job_id": "27649"}]}))
    config, said = learn(tmp_path / "home", folder)

    assert config["ids_as"] == "number"
    assert "unclear  call-1, call-2: ids_as contradicts itself: 'number' in call-1; 'text' in call-2" in said


def test_a_banner_that_spares_json_is_told_from_one_that_does_not(tmp_path: Path, folder: Path) -> None:
    keep(folder, ("version", f"{BANNER}Camber 1.0.38-dev - 2118c7a\n"), (GET, JOB))
    config, _ = learn(tmp_path / "home", folder)
    keep(folder, (GET, BANNER + json.dumps(JOB)))
    _, said = learn(tmp_path / "home", folder)

    assert (config["banner"], config["banner_before_json"]) == (True, False)
    assert "banner_before_json contradicts itself" in said


def test_what_nobody_captured_teaches_nothing(tmp_path: Path, folder: Path) -> None:
    keep(folder, ("version", "Camber 9.9.9 - fffffff\n"), mark="I")
    keep(folder, (GET, JOB))
    config, said = learn(tmp_path / "home", folder)

    assert config["version"] == "1.0.40"
    assert "skipped  1 without the mark R, as nobody captured them: call-1\n" in said


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        (None, "No such file or directory"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"{}", "must be a list"),
        (b"[]", "nothing in"),
        (b"[1]", "is not an object"),
        (b'[{"name": "x"}]', "has no mark"),
        (b'[{"name": "x", "mark": "R", "command": "me", "exit_code": "0"}]', "has no exit_code"),
        (b'[{"name": "x", "mark": "R", "command": "me", "exit_code": 0, "stdout": "../x"}]', "of the same folder"),
        (b'[{"name": "x", "mark": "R", "command": "me", "exit_code": 0, "stdout": "gone"}]', "gone: No such file"),
        (b'[{"name": "x", "mark": "I", "command": "me", "exit_code": 0}]', "was captured"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_folder_without_sound_transcripts_is_refused(
    tmp_path: Path, folder: Path, manifest: bytes | None, reason: str
) -> None:
    if manifest is not None:
        (folder / "manifest.json").write_bytes(manifest)
    with pytest.raises(EmulatorError, match=r"^learn: ") as refused:
        learn(tmp_path / "home", folder)

    assert reason in str(refused.value)
    assert list((tmp_path / "home").iterdir()) == []


def test_a_refusal_is_one_line_and_changes_nothing(tool: Tool, folder: Path) -> None:
    """Even where a part of the folder is sound."""
    tool.configure(version="1.0.7")
    before = (tool.home / "config.json").read_bytes()
    keep(folder, ("version", "Camber 9.9.9 - fffffff\n"), (GET, JOB))
    (folder / "call-2.out").unlink()
    refused = tool.run("emulator", "learn", str(folder))

    assert (refused.returncode, refused.stdout) == (2, b"")
    assert refused.stderr == f"camber-local: learn: {folder}/call-2.out: No such file or directory\n".encode()
    assert (tool.home / "config.json").read_bytes() == before


def test_the_folder_must_be_named(tool: Tool) -> None:
    refused = tool.run("emulator", "learn")

    assert (refused.returncode, refused.stderr.count(b"\n")) == (2, 1)
