"""submit and fetch: folders and globs in, checked files with their real names out."""

import json
import threading
from pathlib import Path
from uuid import uuid4

import pyrage
import pytest

from reconciler.loop import collect, dispatch, watch
from reconciler.loop.context import Context
from tests.cli.conftest import Call
from tests.cli.test_looking import finish
from tests.world import USER, World
from worker.contract import ErrorCode, encode_frame

ARGUMENTS = ("--schema", "test", "--user", USER)


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Path:
    """Documents in a folder, with the schema that they are for."""
    world.insert(uuid4(), "blobs/x")
    world.execute("DELETE FROM jobs")
    made = tmp_path / "scans"
    (made / "deeper").mkdir(parents=True)
    for name in ("a.png", "b.jpg", "deeper/c.png", ".hidden"):
        (made / name).write_bytes(name.encode())
    return made


def test_a_folder_and_a_glob_mean_their_files_once_each(world: World, call: Call, folder: Path) -> None:
    told = json.loads(call("submit", folder, folder / "*.png", *ARGUMENTS, "--json").stdout)

    assert [Path(one["file"]).name for one in told] == ["a.png", "b.jpg", "c.png"]
    assert world.one("SELECT count(*) FROM jobs") == 3
    empty = folder / "empty"
    empty.mkdir()
    assert "no file is in there" in call("submit", empty, *ARGUMENTS, code=2).stderr
    assert "does not exist" in call("submit", folder / "*.tiff", *ARGUMENTS, code=2).stderr


def test_what_was_uploaded_is_removed_again_where_the_rows_are_refused(world: World, call: Call, folder: Path) -> None:
    world.execute("ALTER TABLE jobs ADD CONSTRAINT none CHECK (original_filename <> 'c.png')")
    before = blobs(world)

    assert "The database refuses it" in call("submit", folder, *ARGUMENTS, code=5).stderr

    assert before == blobs(world)
    assert world.one("SELECT count(*) FROM jobs") == 0


def blobs(world: World) -> set[str]:
    """Every upload that is in the store."""
    pages = world.objects._client.get_paginator("list_objects_v2").paginate(
        Bucket=world.objects._bucket, Prefix="blobs/"
    )
    return {entry["Key"] for page in pages for entry in page.get("Contents", [])}


def play(world: World, daemon: Context, stop: threading.Event) -> None:
    """Daemon and worker, until they are told to stop: of two documents the second fails."""
    while not stop.wait(0.2):
        world.step(daemon, dispatch.run_once)
        for number in world.camber_jobs():
            if not (world.camber_job(number) / "log").exists():
                for index, document in enumerate(world.run_file(number).documents):
                    bad = document.payload.original_filename == "b.jpg"
                    frame = (
                        world.failure(ErrorCode.CORRUPT_IMAGE, number, index) if bad else world.finish(number, index)
                    )
                    world.say(number, encode_frame(frame))
                world.camber_says("COMPLETED", number)
        world.step(daemon, watch.run_once, collect.run_once)


def test_wait_tells_each_outcome_and_fails_where_one_did(world: World, call: Call, folder: Path) -> None:
    daemon, stop = world.daemon(), threading.Event()
    player = threading.Thread(target=play, args=(world, daemon, stop))
    player.start()
    try:
        done = call("submit", folder / "a.png", folder / "b.jpg", *ARGUMENTS, "--wait", code=1)
    finally:
        stop.set()
        player.join()

    assert "1 of 2 documents were not completed." in done.stderr
    lines = {Path(line.split()[0]).name: line for line in done.stdout.splitlines() if line.split()}
    assert "completed" in lines["a.png"]
    assert "failed" in lines["b.jpg"]
    assert "CORRUPT_IMAGE" in lines["b.jpg"]


def test_fetch_brings_checked_files_once(world: World, call: Call, tmp_path: Path) -> None:
    job, to = finish(world, "mark sheet.png"), tmp_path / "out"

    named = json.loads(call("fetch", str(job)[:8], "--to", to, "--json").stdout)["files"]

    assert sorted(Path(one).name for one in named) == sorted(f"{job}{end}" for end in ("-preview.jpg", ".jpg", ".txt"))
    assert (to / f"{job}.jpg").read_bytes() == f"portal of {job}".encode()
    assert (to / f"{job}.txt").read_text() == "SPECIMEN\n"
    assert sorted(to.iterdir()) == sorted(map(Path, named))
    (to / f"{job}.txt").write_text("mine")
    (to / f"{job}.jpg").unlink()
    assert "--force overwrites it" in call("fetch", job, "--to", to, code=2).stderr
    assert not (to / f"{job}.jpg").exists()
    assert (to / f"{job}.txt").read_text() == "mine"
    call("fetch", job, "--to", to, "--force")
    assert (to / f"{job}.txt").read_text() == "SPECIMEN\n"


def test_fetch_names_the_portal_file_as_its_writer_did_and_never_outside_the_folder(
    world: World, call: Call, tmp_path: Path
) -> None:
    job = finish(world)
    key = world.one("SELECT artifacts -> 'portal' ->> 'key' FROM documents")
    client, bucket = world.objects._client, world.objects._bucket
    for given, name in (("photo_2026.jpg", "photo_2026.jpg"), ("../evil.jpg", f"{job}.jpg"), (".rc", f"{job}.jpg")):
        body, to = f"portal of {job}".encode(), tmp_path / given.strip("./")
        header = f'attachment; filename="{given}"'
        client.put_object(Bucket=bucket, Key=key, Body=body, ContentDisposition=header)
        call("fetch", job, "--to", to)
        assert (to / name).read_bytes() == body


def test_fetch_refuses_what_is_not_what_was_verified_and_writes_nothing(
    world: World, call: Call, tmp_path: Path
) -> None:
    job, to = finish(world), tmp_path / "out"
    key = world.one("SELECT artifacts -> 'preview' ->> 'key' FROM documents")
    size = world.one("SELECT CAST(artifacts -> 'preview' ->> 'size' AS int) FROM documents")

    world.objects.put(key, b"x" * size, "image/jpeg")
    assert "its hash differs" in call("fetch", job, "--to", to, code=1).stderr
    world.objects.delete(key)
    assert "does not have an object" in call("fetch", job, "--to", to, code=3).stderr
    assert not to.exists()
    assert "has no document" in call("fetch", world.submit(), "--to", to, code=3).stderr


def test_the_master_is_opened_with_the_right_identity_only(world: World, call: Call, tmp_path: Path) -> None:
    job, right, wrong = finish(world), pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    sealed = pyrage.encrypt(b"the original", [right.to_public()])
    artifact = world.stored(world.one("SELECT artifacts -> 'master' ->> 'key' FROM documents"), sealed)
    world.execute(
        "UPDATE documents SET artifacts = jsonb_set(artifacts, '{master}', CAST(:new AS jsonb))",
        new=json.dumps(artifact),
    )
    keys = {"right": f"# created\n{right}\n", "wrong": f"{wrong}\n", "none": "hello\n", "broken": "AGE-SECRET-KEY-1X\n"}
    for name, text in keys.items():
        (tmp_path / name).write_text(text)

    def fetch(name: str, code: int) -> str:
        return call(
            "fetch", job, "--to", tmp_path / f"to-{name}", "--master", "--identity", tmp_path / name, code=code
        ).output

    fetch("right", 0)
    assert (tmp_path / "to-right" / "card.png").read_bytes() == b"the original"
    for name, code in (("wrong", 1), ("none", 2), ("broken", 2), ("missing", 2)):
        said = fetch(name, code)
        assert "AGE-SECRET-KEY-1X" not in said
        assert not (tmp_path / f"to-{name}").exists()
    call("fetch", job, "--to", tmp_path, "--master", code=2)
