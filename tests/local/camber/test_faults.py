"""The named faults: each comes when the plan says so, does what it says, and stays away otherwise."""

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from tests.local.camber.tool import Tool, eventually

CREATE = ("job", "create", "--cmd", "true", "--path", "stash://local/x")
FAILED = b"API error: code=2, message=Failed to create job\n"


def test_without_a_plan_nothing_goes_wrong(tool: Tool) -> None:
    assert json.loads(tool.out("emulator", "faults")) == []
    assert tool.run(*CREATE).returncode == 0


@pytest.mark.parametrize(("job", "exists"), [("none", False), ("runs", True)])
def test_a_failed_create_uses_up_an_id(tool: Tool, job: str, exists: bool) -> None:  # noqa: FBT001
    """An id is used up, whether there is a job behind it or not."""
    tool.plan({"fault": "create-fails-id-consumed", "job": job})
    failed = tool.run(*CREATE)
    tool.out("emulator", "faults", "--clear")
    found = tool.listed()
    expected = Tool(home=tool.home / "other", environ={**tool.environ, "CAMBER_LOCAL_IDLE_SECONDS": "0"})
    first, second = expected.create("true"), expected.create("true")
    expected.out("emulator", "stop")

    assert (failed.returncode, failed.stdout) == (1, FAILED)
    assert failed.stderr.startswith(b"Error: API error: code=2, message=Failed to create job\nUsage:\n")
    assert found == ([first] if exists else [])
    assert tool.create("true") == second


@pytest.mark.parametrize(("when", "jobs"), [("before", 0), ("after", 1)])
def test_a_create_that_hangs_is_killed_with_its_job_there_or_not(tool: Tool, when: str, jobs: int) -> None:
    tool.plan({"fault": "create-hangs", "when": when})
    process = tool.launch(*CREATE)
    eventually(lambda: len(tool.listed()) == jobs)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1.5)
    process.kill()
    shown, _ = process.communicate()

    assert shown == b""
    assert len(tool.listed()) == jobs


def test_a_create_that_is_killed_after_its_effect_says_nothing(tool: Tool) -> None:
    tool.plan({"fault": "create-killed-after-effect"})
    killed = tool.run(*CREATE)

    assert (killed.returncode, killed.stdout) == (-9, b"")
    assert len(tool.listed()) == 1


@pytest.mark.parametrize(
    ("fault", "code", "stdout"),
    [
        ({"fault": "rate-limited"}, 1, b"API error: code=429, message=Too many requests\n"),
        ({"fault": "server-error"}, 1, b"API error: code=500, message=Internal server error\n"),
        ({"fault": "auth-failed"}, 1, b"authentication error: user not found\n"),
        ({"fault": "auth-failed", "exit_code": 0}, 0, b"authentication error: user not found\n"),
        ({"fault": "credits-exhausted"}, 1, b"API error: code=2, message=Insufficient credits\n"),
    ],
)
def test_a_refusal_has_no_effect(tool: Tool, fault: dict[str, object], code: int, stdout: bytes) -> None:
    tool.plan(fault)
    refused = tool.run(*CREATE)
    tool.plan()

    assert (refused.returncode, refused.stdout) == (code, stdout)
    assert refused.stderr.startswith(b"Error: " + stdout)
    assert tool.listed() == []


@pytest.mark.parametrize("fault", ["garbage", "html", "server-error", "rate-limited"])
@pytest.mark.parametrize(("when", "jobs"), [("before", 0), ("after", 1)])
def test_an_answer_is_lost_before_or_after_the_effect(tool: Tool, fault: str, when: str, jobs: int) -> None:
    tool.plan({"fault": fault, "when": when, "call": "job create"})
    lost = tool.run(*CREATE)

    assert b"Job ID" not in lost.stdout
    assert len(tool.listed()) == jobs


def test_garbage_is_every_byte_and_html_a_page(tool: Tool) -> None:
    tool.plan({"fault": "garbage", "bytes": 256, "nth": 1}, {"fault": "html", "nth": 2})

    assert set(tool.run("me").stdout) == set(range(256))
    assert b"<title>502 Bad Gateway</title>" in tool.run("me").stdout


def test_a_strange_exit_code_stands_beside_the_right_answer(tool: Tool) -> None:
    tool.plan({"fault": "odd-exit", "exit_code": 3}, {"fault": "delay", "seconds": 0.01})
    shown = tool.run("version")

    assert (shown.returncode, shown.stdout) == (3, b"Camber 1.0.40 - 2118c7a\n")


def test_the_banner_and_the_prompt_stand_before_the_answer(tool: Tool) -> None:
    tool.plan({"fault": "banner"}, {"fault": "prompt"})
    yes, no = tool.run(*CREATE, answer="y\n").stdout.decode(), tool.run(*CREATE).stdout.decode()

    assert "is out of date!" in yes.splitlines()[1]
    assert "(y/N): Job created successfully\nStatus: Submitted\nJob ID: " in yes
    assert no.endswith("(y/N): Aborted\n")
    tool.plan()
    assert len(tool.listed()) == 1


def test_the_binary_is_missing_for_a_while_and_comes_back(tool: Tool) -> None:
    tool.out("emulator", "start")
    bound = Tool(home=tool.home, executable=str(tool.home / "bin" / "camber"))
    tool.plan({"fault": "binary-missing-for-a-while", "seconds": 6.0, "nth": 1})
    first = bound.run("version")
    with pytest.raises(FileNotFoundError):
        bound.run("version")
    other = tool.run("version")

    assert first.returncode == 0
    assert other.returncode == 127
    eventually((tool.home / "bin" / "camber").exists)
    assert bound.run("version").returncode == tool.run("version").returncode == 0


def test_the_services_clock_is_off(tool: Tool) -> None:
    job_id = tool.create("true")
    tool.finished(job_id)
    right = tool.job(job_id)
    tool.plan({"fault": "clock-skew", "skew_seconds": -3600})
    wrong = tool.job(job_id)

    assert [(right[key][:13] != wrong[key][:13]) for key in ("created_at", "started_at", "finished_at")] == [True] * 3
    assert right["created_at"] > wrong["created_at"]


def test_a_status_by_another_word(tool: Tool) -> None:
    job_id = tool.create("true")
    tool.finished(job_id)
    tool.plan({"fault": "status-word", "instead_of": "COMPLETED", "word": "SUCCEEDED"})

    assert tool.status(job_id) == "SUCCEEDED"
    assert "Status:              SUCCEEDED\n" in tool.out("job", "list")


def test_the_list_lags_and_catches_up(tool: Tool) -> None:
    tool.plan({"fault": "list-lags", "seconds": 5.0})
    job_id = tool.create("true")

    assert tool.listed() == []
    assert tool.job(job_id)["job_id"] == job_id
    assert eventually(tool.listed) == [job_id]


@pytest.mark.parametrize(("how", "second_page"), [("capped", [2, 3]), ("lost", [3])])
def test_the_list_is_truncated(tool: Tool, how: str, second_page: list[int]) -> None:
    ids = [tool.create("true") for _ in range(4)][::-1]
    tool.plan({"fault": "list-truncated", "rows": 2, "how": how})

    assert tool.listed("--size", "3") == ids[:2]
    assert tool.listed("--size", "3", "--page", "2") == [ids[index] for index in second_page]
    assert json.loads(tool.out("job", "list", "--output", "json", "--size", "3"))["total"] == 4


@pytest.mark.parametrize(("rows", "second_page"), [(1, [1, 2]), (-1, [3])])
def test_pages_shift_between_reads(tool: Tool, rows: int, second_page: list[int]) -> None:
    ids = [tool.create("true") for _ in range(4)][::-1]
    tool.plan({"fault": "list-page-shift", "shift_rows": rows})

    assert tool.listed("--size", "2") == ids[:2]
    assert tool.listed("--size", "2", "--page", "2") == [ids[index] for index in second_page]


def test_logs_come_late_in_part_or_not_at_all(tool: Tool) -> None:
    job_id = tool.create("echo 0123456789")
    tool.finished(job_id)
    tool.plan(
        {"fault": "logs-sts-failure", "nth": 1},
        {"fault": "logs-empty-then-late", "seconds": 3600, "nth": 2},
        {"fault": "logs-truncated", "bytes": 4, "nth": 3},
        {"fault": "logs-truncated", "bytes": 4, "side": "start", "nth": 4},
    )
    said = [tool.run("job", "logs", str(job_id)).stdout for _ in range(5)]

    assert said == [
        b"API error: code=15, message=Failed to issue sts to get logs\n",
        b"",
        b"0123456",
        b"456789\n",
        b"0123456789\n",
    ]


def test_an_empty_log_fills_some_time_after_the_end(tool: Tool) -> None:
    tool.plan({"fault": "logs-empty-then-late", "seconds": 5.0})
    job_id = tool.create("echo here")
    tool.finished(job_id)

    assert tool.logs(job_id) == ""
    assert eventually(lambda: tool.logs(job_id)) == "here\n"


@pytest.mark.parametrize("concurrency", [1, 2])
def test_a_job_is_cancelled_on_its_own_whether_it_runs_or_not(tool: Tool, concurrency: int) -> None:
    tool.configure(concurrency=concurrency)
    tool.plan({"fault": "spontaneous-cancelled", "seconds": 0.5, "nth": 2})
    first, second = tool.create("sleep 60"), tool.create("sleep 61")

    assert tool.finished(second) == "CANCELLED"
    assert tool.status(first) == "RUNNING"
    assert b"is not completed, failed, or running" in tool.run("job", "logs", str(second)).stdout


def test_a_job_stuck_in_pending_runs_in_the_end(tool: Tool) -> None:
    tool.plan({"fault": "stuck-pending-then-runs", "seconds": 4.0, "nth": 1})
    stuck, other = tool.create("true"), tool.create("true")

    assert tool.finished(other) == "COMPLETED"
    assert tool.finished(stuck) == "COMPLETED"
    created, started = (datetime.fromisoformat(tool.job(stuck)[key]) for key in ("created_at", "started_at"))
    assert (started - created).total_seconds() >= 3


def test_copies_fail_in_their_own_ways(tool: Tool, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text("content")
    tool.plan(
        {"fault": "upload-exit-255", "nth": 1},
        {"fault": "copy-interrupted", "nth": 2},
        {"fault": "one-byte-download", "nth": [3, 4]},
    )
    upload = tool.run("stash", "cp", str(tmp_path / "a"), "stash://local/one/a")
    broken = tool.run("stash", "cp", str(tmp_path / "a"), str(tmp_path / "b"), "stash://local/two/")
    download = tool.run("stash", "cp", "stash://local/one/a", str(tmp_path / "back"))

    assert (upload.returncode, tool.stash("one/a").read_text()) == (255, "content")
    assert broken.returncode == 1
    assert [file.name for file in tool.stash("two").iterdir()] == ["a"]
    assert (download.returncode, (tmp_path / "back").read_text()) == (0, "c")


def test_a_rule_counts_the_calls_it_is_for_and_no_others(tool: Tool) -> None:
    tool.plan({"fault": "server-error", "call": "me", "nth": [2, 4]}, {"fault": "server-error", "call": "job list"})
    codes = [tool.run(word).returncode for word in ("me", "version", "me", "me", "version", "me", "me")]

    assert codes == [0, 0, 1, 0, 0, 1, 0]
    assert tool.fired() == [2, 0]


def test_times_bounds_a_rule(tool: Tool) -> None:
    tool.plan({"fault": "server-error", "call": "version", "times": 2})

    assert [tool.run("version").returncode for _ in range(4)] == [1, 1, 0, 0]


def test_chance_follows_from_the_seed_and_from_nothing_else(tool: Tool) -> None:
    rule = {"fault": "server-error", "call": "version", "probability": 0.5}

    def codes(seed: int) -> list[int]:
        tool.plan()
        tool.plan(rule, seed=seed)
        return [tool.run("version").returncode for _ in range(12)]

    first = codes(1)
    assert codes(1) == first
    assert codes(2) != first
    assert {0, 1} == set(first)


def test_concurrent_calls_are_counted_one_by_one(tool: Tool) -> None:
    """Which of them is which is anybody's guess; how many are befallen is not."""
    tool.plan({"fault": "server-error", "call": "version", "nth": [3, 5, 8, 13, 21]})
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: tool.run("version").returncode, range(24)))

    assert sum(codes) == 5
    assert tool.fired() == [5]


def test_a_new_plan_counts_from_the_start(tool: Tool) -> None:
    tool.plan({"fault": "server-error", "call": "version", "nth": 1})
    tool.run("version")
    tool.plan({"fault": "html", "call": "version", "nth": 1})

    assert b"<html>" in tool.run("version").stdout
    (tool.home / "faults.json").unlink()
    assert tool.run("version").returncode == 0


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        ("[]", "a plan is"),
        ("{", "not JSON"),
        ('{"faults": [], "sede": 1}', "a plan is"),
        ('{"faults": [{"fault": "nope"}]}', "no fault is called 'nope'"),
        ('{"faults": [{"fault": "garbage", "byte": 3}]}', "has no option 'byte'"),
        ('{"faults": [{"fault": "garbage", "bytes": "3"}]}', "must be of type int"),
        ('{"faults": [{"fault": "garbage", "bytes": -3}]}', "must be at least 0"),
        ('{"faults": [{"fault": "garbage", "when": "now"}]}', "must be one of before, after"),
        ('{"faults": [{"fault": "list-lags", "call": "me"}]}', "cannot befall 'me'"),
        ('{"faults": [{"fault": "garbage", "call": "job"}]}', "cannot befall 'job'"),
        ('{"faults": [{"fault": "garbage", "nth": 0}]}', "nth must be"),
        ('{"faults": [{"fault": "garbage", "probability": 2}]}', "probability cannot be 2"),
        ('{"faults": [{"fault": "garbage", "times": true}]}', "times cannot be True"),
    ],
    ids=lambda value: value.replace(" ", "")[:40],
)
def test_a_plan_that_cannot_be_is_refused_whole(tool: Tool, plan: str, complaint: str) -> None:
    tool.plan({"fault": "html", "call": "me"})
    refused = tool.run("emulator", "faults", "-", answer=plan)

    assert refused.returncode == 2
    assert complaint in refused.stderr.decode()
    assert b"<html>" in tool.run("me").stdout


def test_a_plan_that_was_spoilt_in_its_file_stops_every_call(tool: Tool) -> None:
    """A fault that is misspelt must not be one that never comes."""
    tool.out("version")
    (tool.home / "faults.json").write_text('{"faults": [{"fault": "htlm"}]}')

    assert tool.run("version").returncode == 2


def test_a_delay_lasts(tool: Tool) -> None:
    tool.plan({"fault": "delay", "seconds": 0.7})
    before = time.monotonic()
    tool.out("version")

    assert time.monotonic() - before > 0.7
