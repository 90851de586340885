"""The doctor against the local Camber, with everything whole and with everything broken in turn."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.store.migrate import downgrade
from tests.camber.corpus import Transcript, described, read
from tests.cli.test_commands import reconciler
from tests.local.camber.tool import Tool, eventually
from tests.world import World

EMULATOR = str(Path(sys.executable).with_name("camber-local"))
SECRET = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def clinic(world: World, tmp_path: Path) -> Iterator[World]:
    """A world whose Camber is the local one."""
    world.settings |= {"CAMBER_BIN": EMULATOR, "CAMBER_LOCAL_HOME": str(tmp_path / "camber-home")}
    world.settings |= {"CAMBER_LOCAL_PROFILE": "instant", "CAMBER_API_KEY": SECRET}
    yield world
    tool = Tool(home=tmp_path / "camber-home", environ={"CAMBER_LOCAL_PROFILE": "instant"})
    tool.run("emulator", "stop")


def examine(world: World, *words: str, **settings: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    done = reconciler(world, "doctor", "--json", *words, **settings)
    findings = json.loads(done.stdout)
    return done.returncode, {finding["check"]: finding for finding in findings}, done.stderr


def failures(findings: dict[str, dict[str, Any]]) -> set[str]:
    return {name for name, finding in findings.items() if finding["verdict"] == "failed"}


def test_a_whole_installation_passes_and_a_launch_proves_it(clinic: World) -> None:
    code, findings, said = examine(clinic, "--launch")

    assert (0, "", set()) == (code, said, failures(findings))
    assert {"create", "found by marker", "log", "stash", "object store", "presigned links"} <= findings.keys()
    assert findings["found by marker"]["verdict"] == "ok"
    assert findings["stash"]["verdict"] == "ok"


def test_no_check_launches_anything_unless_it_is_asked_for(clinic: World) -> None:
    _, findings, _ = examine(clinic)

    assert "create" not in findings
    assert "0 jobs" in findings["job list"]["seen"]


def test_the_table_shows_each_check_with_a_fix(clinic: World) -> None:
    done = reconciler(clinic, "doctor", AGE_RECIPIENTS="")

    assert done.returncode == 1
    assert "set AGE_RECIPIENTS" in done.stdout
    assert done.stderr == "Failed: age recipients.\n"


def test_a_narrow_screen_cuts_nothing_of_what_to_do(clinic: World) -> None:
    done = reconciler(clinic, "doctor", CAMBER_BIN="/nowhere/camber", COLUMNS="80")

    assert "\N{HORIZONTAL ELLIPSIS}" not in done.stdout


def test_a_missing_cli_hides_no_other_check(clinic: World) -> None:
    code, findings, said = examine(clinic, CAMBER_BIN="/nowhere/camber")

    assert code == 1
    assert {"CLI", "CLI version", "account", "job list"} == failures(findings)
    assert findings["stash"]["verdict"] == "skipped"
    assert "install-v2.sh" in findings["CLI"]["fix"]
    assert {"ok"} == {findings[name]["verdict"] for name in ("database", "object store", "worker bundle", "models")}
    assert said.startswith("Failed: CLI, ")


def test_a_refused_key_is_told_and_never_shown(clinic: World, tmp_path: Path) -> None:
    cli = tmp_path / "camber"
    cli.write_text('#!/bin/sh\necho "API error: code=401, message=unauthorized - $CAMBER_API_KEY"; exit 1\n')
    cli.chmod(0o755)
    code, findings, said = examine(clinic, CAMBER_BIN=str(cli))

    assert code == 1
    assert "CAMBER_API_KEY" in findings["account"]["fix"]
    assert findings["account"]["seen"].startswith("login")
    assert SECRET not in json.dumps(findings) + said


def test_a_database_that_is_away_is_told_without_its_password(clinic: World) -> None:
    code, findings, said = examine(clinic, DATABASE_URL="postgresql://rythmiq:hunter2@127.0.0.1:1/none")

    assert code == 1
    assert failures(findings) == {"database"}
    assert findings["clock"]["verdict"] == "skipped"
    assert "hunter2" not in json.dumps(findings) + said


def test_an_old_schema_is_told(clinic: World) -> None:
    clinic.close()
    downgrade(clinic.settings["DATABASE_URL"], "0001")
    code, findings, _ = examine(clinic)

    assert (1, {"database"}) == (code, failures(findings))
    assert "0001" in findings["database"]["seen"]
    assert "reconciler migrate" in findings["database"]["fix"]


def test_a_database_that_was_never_migrated_is_told(clinic: World, empty_database_url: str) -> None:
    _, findings, _ = examine(clinic, DATABASE_URL=empty_database_url)

    assert "at None" in findings["database"]["seen"]


def test_a_store_that_is_away_is_told(clinic: World) -> None:
    code, findings, _ = examine(clinic, DO_SPACES_ENDPOINT="http://127.0.0.1:1")

    assert (1, {"object store", "presigned links"}) == (code, failures(findings))


def test_a_refused_key_of_the_store_is_told(clinic: World) -> None:
    _, findings, _ = examine(clinic, DO_SPACES_SECRET_KEY="wrong-secret-0123456789")

    assert {"object store", "presigned links"} == failures(findings)
    assert "wrong-secret" not in json.dumps(findings)


def test_settings_that_cannot_be_used_are_one_message(clinic: World) -> None:
    done = reconciler(clinic, "doctor", "--json", TICK_SECONDS="soon")

    assert (2, "") == (done.returncode, done.stdout)
    assert "TICK_SECONDS" in done.stderr


def test_the_transcripts_are_what_the_parser_tests_take_in(clinic: World, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    for _ in range(2):
        reconciler(clinic, "doctor", "--launch", "--save-transcripts", str(folder))
    manifest = json.loads((folder / "manifest.json").read_text())
    files = {path.name for path in folder.iterdir()} - {"manifest.json"}

    commands = " ".join(one["command"] for one in manifest)
    assert all(word in commands for word in ("version", "me --output json", "job create", "job logs ", "stash cp"))
    assert "job list --output json --page 1 --size 20" in commands
    assert len(manifest) == len({one["name"] for one in manifest})
    assert files == {one[name] for one in manifest for name in ("stdout", "stderr") if name in one}
    for one in manifest:
        texts = {name: (folder / one[name]).read_text() for name in ("stdout", "stderr") if name in one}
        transcript = Transcript(**one)
        printed = transcript.printed_of(**texts)
        outcome = described(read(transcript.command, printed))
        assert one["expect"] == {name: outcome[name] for name in one["expect"]}, one["name"]
        assert SECRET not in "".join(texts.values())


KNOBS: dict[str, object] = {
    "banner": "true",
    "banner_before_json": "false",
    "version": "1.0.99",
    "latest_version": "1.1.0",
    "commit": "abcdef1",
    "list_key": "data",
    "total_key": "count",
    "status_key": "state",
    "ids_as": "text",
    "mount_dir_form": "slash",
    "json_envelope": "true",
    "renamed_keys": "command=cmd,engine_type=job_type",
    "get_omits": "num_nodes",
    "list_omits": "with_gpu",
    "page_size_max": 2,
    "absent_timestamps": "absent",
    "create_form": "padded",
    "log_prefix": "=> ",
    "unknown_job_code": 404,
    "unknown_job_message": "Job does not exist",
}


def test_another_camber_learns_from_the_transcripts_to_answer_alike(clinic: World, tmp_path: Path) -> None:
    """From the real doctor's run against a Camber that is unlike ours in everything that a knob can turn."""
    seen = Tool(home=tmp_path / "camber-home", environ={"CAMBER_LOCAL_PROFILE": "instant"})
    seen.configure(**KNOBS)
    # So that the doctor sees a job that is not over, and pages that are not all.
    seen.plan({"fault": "stuck-pending-then-runs", "seconds": 4.0})
    seen.configure(others_per_job=2)
    reconciler(clinic, "doctor", "--launch", "--save-transcripts", str(tmp_path / "kept"))
    first, second = (Tool(home=tmp_path / name, environ=seen.environ) for name in ("first", "second"))
    first.configure(**KNOBS)
    said = second.out("emulator", "learn", str(tmp_path / "kept"))

    assert {line.split()[1] for line in said.splitlines() if line.startswith("learnt ")} == KNOBS.keys()
    assert not [line for line in said.splitlines() if line.startswith("unclear ")]
    assert screens(first) == screens(second)
    for tool in (first, second):
        tool.run("emulator", "stop")


def screens(tool: Tool) -> list[bytes]:
    """What a few calls say, but for the time of day."""
    calls = [("version",), ("me", "--output", "json")]
    calls += [("job", "create", "--path", f"stash://local/x/{name}", "--cmd", f"echo {name}") for name in "abc"]
    shown = [tool.run(*call) for call in calls]
    ids = [done.stdout.split()[-1].decode() for done in shown[2:]]
    for job_id in ids:
        eventually(lambda job_id=job_id: b"COMPLETED" in tool.run("job", "get", job_id).stdout)  # type: ignore[misc]
    shown += [tool.run("job", "get", job_id, "--output", "json") for job_id in (*ids, "7")]
    shown += [tool.run("job", "list", "--output", "json", "--size", "50"), tool.run("job", "logs", ids[0])]
    return [re.sub(rb"\d\d:\d\d:\d\d", b"", done.stdout + done.stderr) for done in shown]


def test_a_cli_that_denies_no_job_is_told(clinic: World, tmp_path: Path) -> None:
    """A lost job is given up on such an answer alone."""
    _, denied, _ = examine(clinic)
    tool = Tool(home=tmp_path / "camber-home")
    tool.configure(unknown_job_code=500, unknown_job_message="Internal server error")
    code, undenied, _ = examine(clinic)

    assert (denied["unknown job"]["verdict"], undenied["unknown job"]["verdict"]) == ("ok", "warning")
    assert "Internal server error" in undenied["unknown job"]["seen"]
    assert code == 0


def test_transcripts_that_cannot_be_written_are_one_line(clinic: World, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = reconciler(clinic, "doctor", "--save-transcripts", str(tmp_path / "file"))

    assert done.returncode == 1
    assert "could not be kept" in done.stderr
    assert "Traceback" not in done.stderr


def test_publish_puts_the_bundle_on_the_stash_once(clinic: World) -> None:
    first, second = (reconciler(clinic, "worker", "publish") for _ in range(2))
    shown = reconciler(clinic, "worker", "bundle")
    sha256 = shown.stdout.rpartition("sha256 ")[2].strip()

    assert (0, 0, 0) == (first.returncode, second.returncode, shown.returncode), first.stderr + second.stderr
    assert f"worker-{sha256[:16]}.tar.gz published" in first.stdout
    assert "was there already" in second.stdout
    assert sha256 in second.stdout


def test_a_damaged_bundle_on_the_stash_is_put_there_again(clinic: World, tmp_path: Path) -> None:
    reconciler(clinic, "worker", "publish")
    (stored,) = (tmp_path / "camber-home").rglob("worker-*.tar.gz")
    whole = stored.read_bytes()
    stored.chmod(0o600)
    stored.write_bytes(whole[:-1])
    again = reconciler(clinic, "worker", "publish")

    assert "published" in again.stdout, again.stderr
    assert stored.read_bytes() == whole


def test_publish_without_a_cli_is_one_line(clinic: World) -> None:
    done = reconciler(clinic, "worker", "publish", CAMBER_BIN="/nowhere/camber")

    assert (4, "") == (done.returncode, done.stdout)
    assert "cli_missing" in done.stderr
    assert os.linesep.join(done.stderr.splitlines()[1:]) == ""
