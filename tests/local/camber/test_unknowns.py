"""What is not established of the real tool stands behind a knob: each, in the form that is not the default."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import datetime

import pytest

from tests.local.camber.tool import Tool


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("line", r"Job created successfully\. Status: Submitted\. Job ID: \d{5}\n"),
        ("old", r"Job \d{5} created and queued successfully\n"),
    ],
)
def test_create_in_other_words(tool: Tool, form: str, pattern: str) -> None:
    tool.configure(create_form=form)

    assert re.fullmatch(pattern, tool.out("job", "create", "--cmd", "true", "--path", "stash://local/x"))


def test_create_as_json(tool: Tool) -> None:
    tool.configure(create_output="true", ids_as="text")
    shown = json.loads(tool.out("job", "create", "--cmd", "true", "--path", "stash://local/x", "--output", "json"))

    assert shown == {"job_id": str(tool.job(int(shown["job_id"]))["job_id"]), "job_status": "Submitted"}


def test_the_json_of_a_job_in_other_shapes(tool: Tool) -> None:
    tool.configure(status_key="state", ids_as="text", mount_dir_form="first", absent_timestamps="absent")
    job_id = tool.create("sleep 60", "stash://local/one/two")
    job = json.loads(tool.out("job", "get", str(job_id), "--output", "json"))

    assert (job["job_id"], job["mount_dir"]) == (str(job_id), "one")
    assert job["state"] in ("PENDING", "RUNNING")
    assert "finished_at" not in job
    tool.configure(mount_dir_form="slash", absent_timestamps="zero")
    job = json.loads(tool.out("job", "get", str(job_id), "--output", "json"))
    assert (job["mount_dir"], job["finished_at"]) == ("one/two/", "0001-01-01T00:00:00Z")
    tool.configure(mount_dir_form="null")
    assert json.loads(tool.out("job", "get", str(job_id), "--output", "json"))["mount_dir"] is None


def test_the_list_in_other_shapes(tool: Tool) -> None:
    ids = [tool.create("true") for _ in range(3)]
    tool.configure(list_key="items", total_key="count", page_size_max=2)
    page = json.loads(tool.out("job", "list", "--output", "json", "--size", "50"))

    assert [job["job_id"] for job in page["items"]] == ids[:0:-1]
    assert page["count"] == 3


def test_rows_of_a_job_that_is_not_over_may_be_missing(tool: Tool) -> None:
    tool.configure(open_rows="absent")
    shown = tool.out("job", "get", str(tool.create("sleep 60")))

    assert "Start Time:" in shown
    assert "Duration:" not in shown
    assert "Finish Time:" not in shown


def test_the_stash_as_another_json(tool: Tool) -> None:
    tool.out("stash", "mkdir", "stash://local/x")
    tool.configure(stash_json="wrapped")

    assert json.loads(tool.out("stash", "ls", "--output", "json")) == {
        "total": 1,
        "items": [{"name": "x", "type": "directory"}],
    }


def test_logs_end_in_a_newline_and_have_a_limit(tool: Tool) -> None:
    job_id = tool.create("printf 0123456789")
    tool.finished(job_id)
    raw = tool.logs(job_id)
    tool.configure(log_newline="true", log_bytes_max=4)

    assert (raw, tool.logs(job_id)) == ("0123456789", "6789\n")


def test_a_job_that_takes_too_long_is_ended(tool: Tool) -> None:
    tool.configure(job_seconds_max=1)
    job_id = tool.create("sleep 60")

    assert tool.finished(job_id) == "FAILED"


def test_jobs_of_other_programs_stand_in_the_list(tool: Tool) -> None:
    """A reader that takes the newest row for its own job, or any `Status:` for a status, is wrong here."""
    tool.configure(others_per_job=2)
    job_id = tool.create("true")
    page = json.loads(tool.out("job", "list", "--output", "json"))["jobs"]

    assert page[0]["job_id"] == job_id
    assert len({job["job_id"] for job in page}) == 3
    assert {job["mount_dir"] for job in page} == {"folder", "other-program"}
    assert "Status: FAILED" in page[1]["command"]


def test_a_folder_with_very_many_files_delays_its_jobs(tool: Tool) -> None:
    tool.configure(profile="fast", crowded_files=3)
    folder = tool.stash("full")
    folder.mkdir(parents=True)
    for name in "abc":
        (folder / name).touch()
    for name in ("full", "empty"):
        tool.create("true", f"stash://local/{name}")
    slow, quick = ledger_waits(tool)

    assert 3 <= slow <= 6
    assert quick < 1


def test_the_real_profile_waits_for_nodes_and_slots(tool: Tool) -> None:
    """Read from the ledger: nobody waits for minutes here."""
    tool.configure(profile="real", cold_starts="true", concurrency=1)
    for engine in (["--gpu", "--size", "xsmall"], []):
        tool.create("true", "stash://local/x", *engine)
    waits = ledger_waits(tool)

    assert 5 <= waits[0] <= 250
    assert 95 + 150 <= waits[1] <= 110 + 210 + 8


def ledger_waits(tool: Tool) -> list[float]:
    with closing(sqlite3.connect(tool.home / "jobs.sqlite3")) as database:
        return [row[0] for row in database.execute("SELECT ready_at - created_at FROM jobs ORDER BY id")]


@pytest.mark.parametrize("mount", ["live", "snapshot"])
def test_files_that_were_there_can_only_be_read(tool: Tool, mount: str) -> None:
    tool.configure(mount=mount, read_only_files="true")
    tool.stash("folder").mkdir(parents=True)
    tool.stash("folder/old").write_text("old\n")
    shown = tool.ran("cat old; echo new > old; echo made > made")

    assert shown.startswith("old\n")
    assert "Permission denied" in shown
    assert tool.stash("folder/old").read_text() == "old\n"
    assert tool.stash("folder/made").read_text() == "made\n"
    assert tool.stash("folder/old").stat().st_mode & 0o777 == 0o644


def test_a_snapshot_may_not_replace_what_the_stash_holds(tool: Tool) -> None:
    tool.configure(mount="snapshot", overwrite="false")
    tool.stash("folder").mkdir(parents=True)
    tool.stash("folder/old").write_text("old")
    tool.ran("echo new > old; echo made > made")

    assert tool.stash("folder/old").read_text() == "old"
    assert tool.stash("folder/made").read_text() == "made\n"


def test_a_slow_mount_takes_its_time(tool: Tool) -> None:
    tool.configure(mount="snapshot", mount_bytes_per_second=200_000)
    tool.stash("folder").mkdir(parents=True)
    tool.stash("folder/big").write_bytes(bytes(200_000))
    job_id = tool.create("true")
    tool.finished(job_id)
    job = tool.job(job_id)

    created, finished = (datetime.fromisoformat(job[key]) for key in ("created_at", "finished_at"))
    assert (finished - created).total_seconds() >= 1
