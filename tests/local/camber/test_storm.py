"""Many invocations at once, and death of anything at any moment."""

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.local.camber.tool import Tool, eventually

INVOCATIONS = 40
KILLS_MAX = 3
CONCURRENCY = 4
WORDS: list[tuple[str, ...]] = [
    ("job", "create", "--cmd", "echo $JOB_ID > $JOB_ID; echo done", "--path", "stash://local/shared"),
    ("job", "create", "--cmd", "sleep 0.2", "--path", "stash://local/shared"),
    ("job", "list", "--output", "json", "--size", "100"),
    ("stash", "cp", str(Path(__file__)), "stash://local/copies/"),
    ("stash", "ls", "-r"),
]


@pytest.mark.parametrize("seed", [1, 2])
def test_forty_invocations_with_random_kills_lose_and_double_nothing(tool: Tool, seed: int) -> None:
    """Half of them are killed, and so is the scheduler. What was answered is there, whole and once."""
    tool.out("emulator", "start")
    chance = random.Random(seed)  # a test that can be repeated, not a secret
    fates = [chance.uniform(0.02, 0.6) if chance.random() < 0.5 else None for _ in range(INVOCATIONS)]
    with ThreadPoolExecutor(INVOCATIONS) as pool:
        calls = [pool.submit(invoke, tool, WORDS[number % len(WORDS)], fate) for number, fate in enumerate(fates)]
        kills = 0
        while not all(call.done() for call in calls) and kills < KILLS_MAX:
            kills += kill_scheduler(tool)
        outputs = [call.result() for call in calls]
    answered = [int(found) for shown in outputs for found in re.findall(rb"^Job ID: (\d+)$", shown, re.MULTILINE)]
    ids = tool.listed("--size", "1000")
    endings = {job_id: tool.finished(job_id) for job_id in ids}

    assert kills
    assert len(set(answered)) == len(answered) >= 1
    assert set(answered) <= set(ids)
    assert len(set(ids)) == len(ids)
    assert rows_are_whole(tool)
    # Only a job that was being started when its scheduler was killed may have failed.
    assert Counter(endings.values())["COMPLETED"] >= len(ids) - KILLS_MAX * CONCURRENCY
    assert set(endings.values()) <= {"COMPLETED", "FAILED"}
    eventually(lambda: len(tool.processes()) <= 1)
    assert no_drafts(tool)


def test_a_job_lives_on_when_everything_else_is_killed(tool: Tool) -> None:
    job_id = tool.create("echo begun; until [ -e go ]; do sleep 0.05; done; echo over")
    tool.until(job_id, "RUNNING")
    eventually(lambda: kill_scheduler(tool))
    alive = tool.processes()
    tool.stash("folder/go").touch()

    assert alive
    assert tool.finished(job_id) == "COMPLETED"
    assert tool.logs(job_id) == "begun\nover\n"


def test_each_job_has_a_process_group_of_its_own(tool: Tool) -> None:
    """What kills one job, or its caller, by the group leaves the others alone."""
    ids = [tool.create("ps -o pgid= -p $$; until [ -e go ]; do sleep 0.05; done") for _ in range(3)]
    groups = [eventually(partial(group_of, tool, job_id)) for job_id in ids]
    os.killpg(groups[0], signal.SIGKILL)

    assert len({*groups, os.getpgrp()}) == 4
    assert tool.finished(ids[0]) == "FAILED"
    assert [tool.status(job_id) for job_id in ids[1:]] == ["RUNNING", "RUNNING"]


def invoke(tool: Tool, words: tuple[str, ...], seconds: float | None) -> bytes:
    """Run one call, killed after so many seconds if any are given; returns what it said until then."""
    process = tool.launch(*words)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    shown, _ = process.communicate()
    return shown


def kill_scheduler(tool: Tool) -> bool:
    """Kill the scheduler of the moment, if there is one."""
    file = tool.home / "scheduler.json"
    pid = int(json.loads(file.read_text())["pid"]) if file.exists() else 0
    if pid not in tool.processes():
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return True


def group_of(tool: Tool, job_id: int) -> int:
    said = tool.run("job", "logs", str(job_id)).stdout.split()
    return int(said[0]) if said and said[0].isdigit() else 0


def rows_are_whole(tool: Tool) -> bool:
    with closing(sqlite3.connect(tool.home / "jobs.sqlite3")) as database:
        (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
        (last,) = database.execute("SELECT last_id FROM counter").fetchone()
        (most,) = database.execute("SELECT max(id) FROM jobs").fetchone()
        half = database.execute("SELECT count(*) FROM jobs WHERE command = x'' OR mount_dir = ''").fetchone()[0]
    return bool(verdict == "ok" and last >= most and half == 0)


def no_drafts(tool: Tool) -> bool:
    """The copies that were killed left nothing under the file's own name that is not whole."""
    copy = tool.stash("copies") / Path(__file__).name
    return not copy.exists() or copy.read_bytes() == Path(__file__).read_bytes()
