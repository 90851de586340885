"""The operators' commands: what they print, and how they refuse."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from reconciler.loop import collect, dispatch, watch
from tests.world import USER, World

PROGRAM = Path(sys.executable).with_name("reconciler")


def reconciler(world: World, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "HOME": str(world.home), "COLUMNS": "200"} | world.settings | settings
    return subprocess.run(
        [PROGRAM, *words], env=environment, cwd=world.home, capture_output=True, text=True, timeout=60, check=False
    )


def submit(
    world: World, *files: Path | str, schema: str = "test", user: str = str(USER)
) -> "subprocess.CompletedProcess[str]":
    return reconciler(world, "submit", *map(str, files), "--schema", schema, "--user", user)


@pytest.fixture
def document(world: World) -> Path:
    """A file to submit, with its schema in the database."""
    world.insert(uuid4(), f"blobs/{uuid4()}")
    world.execute("DELETE FROM jobs")
    file = world.home / "mark sheet.png"
    file.write_bytes(b"picture")
    return file


def test_submit_uploads_the_file_and_inserts_the_row(world: World, document: Path) -> None:
    done = submit(world, document)

    assert done.returncode == 0, done.stderr
    assert world.status(done.stdout.strip()) == "pending"  # type: ignore[arg-type] # psycopg takes the text
    key = world.one("SELECT raw_path FROM jobs")
    assert world.objects.get(key, bytes_max=100) == b"picture"
    assert world.one("SELECT original_filename FROM jobs") == "mark sheet.png"


def test_submit_refuses_missing_empty_and_large_files_together_and_writes_nothing(world: World, document: Path) -> None:
    empty = world.home / "empty.png"
    empty.touch()

    done = submit(world, document, "gone.png", empty)

    assert done.returncode == 2
    assert all(word in done.stderr for word in ("gone.png: does not exist", "is empty", "Nothing"))
    assert world.one("SELECT count(*) FROM jobs") == 0
    large = reconciler(world, "submit", str(document), "--schema", "test", "--user", str(USER), INPUT_BYTES_MAX="3")
    assert large.returncode == 2
    assert "7 bytes, more than 3" in large.stderr


def test_submit_refuses_an_unknown_schema_and_a_bad_user(world: World, document: Path) -> None:
    assert "no active portal schema named 'passport'" in submit(world, document, schema="passport").stderr
    assert submit(world, document, user="me").returncode == 2
    assert world.one("SELECT count(*) FROM jobs") == 0


def test_jobs_and_job_tell_a_finished_documents_story(world: World) -> None:
    daemon, job = world.daemon(), world.submit("card.png")
    world.step(daemon, dispatch.run_once)
    world.work()
    world.step(daemon, watch.run_once, collect.run_once)

    listed = json.loads(reconciler(world, "jobs", "--json").stdout)
    story = json.loads(reconciler(world, "job", str(job), "--json").stdout)
    shown = reconciler(world, "job", str(job)).stdout

    assert [(one["id"], one["status"]) for one in listed] == [(str(job), "completed")]
    assert [attempt["state"] for attempt in story["attempts"]] == ["succeeded"]
    assert [event["new_status"] for event in story["events"]] == ["pending", "processing", "completed"]
    assert story["document"]["quality_score"] == 0.9
    assert all(word in shown for word in ("card.png", "completed", "60x80 px", "27650"))


def test_a_file_name_with_brackets_is_shown_as_it_is(world: World) -> None:
    job = world.submit("scan[/b].png")
    world.execute("UPDATE jobs SET waiting_reason = '[/i] [red]held'")

    listed = reconciler(world, "jobs")
    shown = reconciler(world, "job", str(job))

    assert (listed.returncode, shown.returncode) == (0, 0), listed.stderr + shown.stderr
    assert "scan[/b].png" in shown.stdout
    for out in (listed.stdout, shown.stdout):
        assert "[/i] [red]held" in out


def test_unknown_ids_and_filters_are_one_clear_line(world: World) -> None:
    unknown = reconciler(world, "job", str(uuid4()))
    malformed = reconciler(world, "job", "seven")
    filtered = reconciler(world, "jobs", "--status", "done")

    assert (unknown.returncode, malformed.returncode, filtered.returncode) == (3, 2, 2)
    assert all(len(one.stderr.strip().splitlines()) == 1 for one in (unknown, malformed, filtered))


def test_a_database_that_is_away_is_one_clear_line_without_the_password(world: World) -> None:
    away = reconciler(world, "jobs", DATABASE_URL="postgresql://postgres:hush@127.0.0.1:1/none")

    assert away.returncode == 4
    assert "Traceback" not in away.stderr
    assert "hush" not in away.stderr


def test_migrate_says_where_the_schema_is_and_twice_is_once(world: World, empty_database_url: str) -> None:
    first = reconciler(world, "migrate", DATABASE_URL=empty_database_url)
    second = reconciler(world, "migrate", DATABASE_URL=empty_database_url)

    assert (first.returncode, second.returncode) == (0, 0)
    assert "(was None)" in first.stdout
    assert "already" in second.stdout


def test_migrate_prints_the_roles_for_an_administrator_without_a_database(world: World) -> None:
    printed = reconciler(world, "migrate", "--print-roles", DATABASE_URL="")

    assert printed.returncode == 0
    for role in ("daemon", "operator", "reader", "api"):
        assert f"CREATE ROLE reconciler_{role} NOLOGIN;" in printed.stdout


def test_the_bundle_is_the_worker_and_the_same_each_time(world: World) -> None:
    first, second = (reconciler(world, "worker", "bundle").stdout for _ in range(2))

    assert first == second
    assert "worker/bootstrap.py" in first
    assert "worker/contract/frame.py" in first
