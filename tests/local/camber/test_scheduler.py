"""The background process: how many jobs it runs, and what becomes of them when somebody dies."""

import contextlib
import json
import os
import signal
import subprocess

from tests.local.camber.tool import EXECUTABLE, Tool, eventually

WAIT_FOR_GO = "until [ -e go ]; do sleep 0.02; done"


def kill_scheduler(tool: Tool) -> int:
    pid: int = json.loads((tool.home / "scheduler.json").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: pid not in tool.processes())
    return pid


def test_no_more_than_four_jobs_run_at_once(tool: Tool) -> None:
    ids = [tool.create(WAIT_FOR_GO) for _ in range(6)]
    counts = eventually(lambda: tool.emulator()["jobs"], lambda jobs: jobs["running"] == 4)

    assert counts["pending"] == 2
    assert [tool.status(job_id) for job_id in ids] == ["RUNNING"] * 4 + ["PENDING"] * 2
    tool.stash("folder/go").touch()
    assert {tool.finished(job_id) for job_id in ids} == {"COMPLETED"}


def test_concurrency_can_be_changed_while_jobs_run(tool: Tool) -> None:
    tool.configure(concurrency=1)
    ids = [tool.create(WAIT_FOR_GO) for _ in range(3)]
    tool.until(ids[0], "RUNNING")
    tool.configure(concurrency=3)

    assert [tool.until(job_id, "RUNNING") for job_id in ids] == ["RUNNING"] * 3


def test_a_killed_scheduler_is_followed_by_another_that_keeps_the_jobs(tool: Tool) -> None:
    running, waiting = tool.create(f"echo one; {WAIT_FOR_GO}; echo two"), 0
    tool.until(running, "RUNNING")
    first = kill_scheduler(tool)
    waiting = tool.create("echo three")

    assert tool.finished(waiting) == "COMPLETED"
    assert tool.emulator()["scheduler"] not in (None, first)
    assert tool.status(running) == "RUNNING"
    tool.stash("folder/go").touch()
    assert tool.finished(running) == "COMPLETED"
    assert tool.logs(running) == "one\ntwo\n"


def test_a_job_that_ended_unseen_keeps_its_own_ending(tool: Tool) -> None:
    good, bad = tool.create(WAIT_FOR_GO), tool.create(f"{WAIT_FOR_GO}; exit 7")
    for job_id in (good, bad):
        tool.until(job_id, "RUNNING")
    kill_scheduler(tool)
    tool.stash("folder/go").touch()
    eventually(lambda: tool.processes() == [])

    assert tool.finished(good) == "COMPLETED"
    assert tool.finished(bad) == "FAILED"


def test_a_job_whose_process_died_with_the_scheduler_has_failed(tool: Tool) -> None:
    job_id = tool.create("sleep 60")
    tool.until(job_id, "RUNNING")
    kill_scheduler(tool)
    for pid in tool.processes():
        os.kill(pid, signal.SIGKILL)

    assert tool.finished(job_id) == "FAILED"


def test_a_create_that_is_killed_leaves_all_or_nothing(tool: Tool) -> None:
    tool.configure(concurrency=1)
    tool.create("sleep 60")
    for milliseconds in range(0, 60, 4):
        process = tool.launch("job", "create", "--cmd", "true", "--path", "stash://local/x")
        # The moment of death is what is varied here; nothing else waits on it.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(milliseconds / 1000)
        process.kill()
        process.communicate()
    jobs = json.loads(tool.out("job", "list", "--output", "json", "--size", "100"))

    assert len(jobs["jobs"]) == jobs["total"]
    assert {job["job_status"] for job in jobs["jobs"]} <= {"PENDING", "RUNNING"}
    assert tool.status(tool.create("true")) == "PENDING"


def test_stop_ends_every_process_and_cancels_what_ran(tool: Tool) -> None:
    tool.configure(concurrency=2)
    stubborn = tool.create("trap '' TERM; timeout 60 sleep 60 & setsid sleep 60 & sleep 60; sleep 60")
    plain, waiting = tool.create("sleep 60"), tool.create("echo later")
    for job_id in (stubborn, plain):
        tool.until(job_id, "RUNNING")
    stopped = json.loads(tool.out("emulator", "stop"))

    assert tool.processes() == []
    assert sorted(stopped["cancelled"]) == [stubborn, plain]
    assert tool.status(plain) == "CANCELLED"
    assert tool.run("job", "logs", str(plain)).stdout.startswith(b"API error: code=2, message=job status is not")
    assert tool.finished(waiting) == "COMPLETED"


def test_start_brings_a_scheduler_and_idleness_takes_it(tool: Tool) -> None:
    tool.configure(idle_seconds=0)
    job_id = tool.create("true")

    assert tool.finished(job_id) == "COMPLETED"
    eventually(lambda: tool.processes() == [])
    tool.configure(idle_seconds=30)
    assert json.loads(tool.out("emulator", "start"))["scheduler"] == tool.emulator()["scheduler"] is not None
    assert tool.finished(tool.create("true")) == "COMPLETED"


def test_a_caller_that_is_killed_with_its_group_leaves_the_scheduler_alone(tool: Tool) -> None:
    environ = {"CAMBER_LOCAL_HOME": str(tool.home), "CAMBER_LOCAL_PROFILE": "instant", "CAMBER_API_KEY": "k"}
    command = [EXECUTABLE, "job", "create", "--cmd", WAIT_FOR_GO, "--path", "stash://local/folder"]
    shell = subprocess.Popen(["/bin/sh", "-c", '"$@"; sleep 60', "sh", *command], env=environ, start_new_session=True)
    eventually(lambda: tool.emulator()["jobs"]["running"] == 1)
    os.killpg(shell.pid, signal.SIGKILL)
    shell.wait()

    assert tool.emulator()["scheduler"] is not None
    assert tool.emulator()["jobs"]["running"] == 1


def test_the_fast_profile_queues_and_notices_the_end_late(tool: Tool) -> None:
    tool.configure(profile="fast")
    job_id = tool.create("true")

    assert tool.status(job_id) == "PENDING"
    assert tool.finished(job_id) == "COMPLETED"
