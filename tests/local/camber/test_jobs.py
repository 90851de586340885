"""Jobs as they are shown: created, looked at, listed, read."""

import json
import re
from datetime import datetime

from tests.local.camber.tool import Tool, all_done, eventually

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
PENDING_OR_CANCELLED = "API error: code=2, message=job status is not completed, failed, or running"


def test_create_shows_three_lines(tool: Tool) -> None:
    shown = tool.out("job", "create", "--cmd", "true", "--path", "stash://local/x")

    assert re.fullmatch(r"Job created successfully\nStatus: Submitted\nJob ID: \d{5}\n", shown)


def test_the_screen_of_a_finished_job_byte_for_byte(tool: Tool) -> None:
    command = 'echo "Status: PENDING"\ntrue --status "ü"'
    job_id = tool.create(command)
    tool.finished(job_id)
    shown = tool.out("job", "get", str(job_id))
    start, finish = re.findall(STAMP, shown)

    seconds = int((datetime.fromisoformat(finish) - datetime.fromisoformat(start)).total_seconds())
    assert (
        shown
        == f"""
======================Job Information======================
Job ID:              {job_id}
Status:              COMPLETED
Job Type:            MPI
Node Size:           XXSMALL
Command:             {command}
With GPU:            false
Number of Nodes:     1
Start Time:          {start}
Duration:            {seconds}s
Finish Time:         {finish}

===========================================================

"""
    )


def test_get_as_json(tool: Tool) -> None:
    job_id = tool.create("echo 'a&b'", "stash://local/one/two/", "--engine", "base", "--size", "medium", "--gpu")
    tool.finished(job_id)
    job = tool.job(job_id)
    times = [job.pop(key) for key in ("created_at", "started_at", "finished_at")]

    assert all(re.fullmatch(STAMP, time) for time in times)
    assert job == {
        "job_id": job_id,
        "job_status": "COMPLETED",
        "engine_type": "BASE",
        "node_size": "MEDIUM",
        "command": "echo 'a&b'",
        "with_gpu": True,
        "num_nodes": 1,
        "mount_dir": "one/two",
    }
    assert "a\\u0026b" in tool.out("job", "get", str(job_id), "--output", "json")


def test_moments_that_have_not_come_are_null(tool: Tool) -> None:
    job = tool.job(tool.create("sleep 60"))

    assert job["finished_at"] is None


def test_an_id_that_is_not_ours_is_an_error(tool: Tool) -> None:
    for word in ("1", "x", "9" * 40):
        failed = tool.run("job", "get", word)
        assert failed.returncode == 1
        assert failed.stdout == b"API error: code=10, message=Job not found\n"


def test_another_accounts_job_cannot_be_seen(tool: Tool) -> None:
    job_id = tool.create("echo secret")
    tool.finished(job_id)
    config = json.loads((tool.home / "config.json").read_text())
    (tool.home / "config.json").write_text(json.dumps({**config, "accounts": {"other-key": "other"}}))
    failed = tool.run("job", "logs", str(job_id), "--api-key", "other-key")

    assert failed.stdout.startswith(b"API error: code=15, ")
    assert tool.run("job", "get", str(job_id), "--api-key", "other-key").returncode == 1
    assert json.loads(tool.out("job", "list", "--output", "json", "--api-key", "other-key")) == {"total": 0, "jobs": []}


def test_thirty_creates_at_once_give_thirty_ids_with_gaps(tool: Tool) -> None:
    tool.configure(concurrency=1)
    blocker = tool.create("sleep 60")
    shown = all_done([tool.launch("job", "create", "--cmd", "true", "--path", "stash://local/x") for _ in range(30)])
    ids = {int(found) for text in shown for found in re.findall(r"Job ID: (\d+)", text)}

    assert len(ids) == 30
    assert min(ids) > blocker
    assert max(ids) - min(ids) > 29
    assert json.loads(tool.out("job", "list", "--output", "json"))["total"] == 31


def test_the_list_is_paged_newest_first(tool: Tool) -> None:
    ids = [tool.create("true", f"stash://local/run-{number}/") for number in range(3)]
    pages = [
        json.loads(tool.out("job", "list", "--output", "json", "--page", str(page), "--size", "2"))
        for page in (1, 2, 3)
    ]

    assert [[job["job_id"] for job in page["jobs"]] for page in pages] == [[ids[2], ids[1]], [ids[0]], []]
    assert [page["total"] for page in pages] == [3, 3, 3]
    assert pages[0]["jobs"][0]["mount_dir"] == "run-2"


def test_the_lists_array_key_is_a_knob(tool: Tool) -> None:
    tool.configure(list_key="items")

    assert json.loads(tool.out("job", "list", "--output", "json")) == {"total": 0, "items": []}


def test_the_text_list_is_blocks_parted_by_dashes(tool: Tool) -> None:
    ids = [tool.create("true"), tool.create("true")]
    for job_id in ids:
        tool.finished(job_id)
    blocks = re.split(r"^-{20,}\n", tool.out("job", "list"), flags=re.MULTILINE)

    assert [re.findall(r"^Job ID:              (\d+)$", block, re.MULTILINE) for block in blocks] == [
        [str(ids[1])],
        [str(ids[0])],
    ]
    assert [re.sub(r" +.*", "", line) for line in blocks[0].splitlines()] == ["Job", "Status:", "Start", "Duration:"]


def test_logs_grow_while_the_job_runs_and_are_raw_bytes(tool: Tool) -> None:
    job_id = tool.create(
        r"printf 'one\r\033[31m\xff'; echo err >&2; while [ ! -e go ]; do sleep 0.02; done; printf end"
    )
    early = eventually(lambda: tool.run("job", "logs", str(job_id)).stdout, lambda seen: seen.endswith(b"err\n"))

    assert early == b"one\r\x1b[31m\xfferr\n"
    assert tool.status(job_id) == "RUNNING"
    (tool.stash("folder") / "go").touch()
    tool.finished(job_id)
    assert tool.run("job", "logs", str(job_id)).stdout == early + b"end"


def test_a_pending_job_has_no_logs(tool: Tool) -> None:
    tool.configure(concurrency=1)
    tool.create("sleep 60")
    failed = tool.run("job", "logs", str(tool.create("true")))

    assert failed.returncode == 1
    assert failed.stdout.decode() == PENDING_OR_CANCELLED + "\n"
