"""What the client must survive, most dangerous first. Each test is one item, by its number and subject."""

import re
import threading
import time
import zlib
from pathlib import Path

import pytest

from reconciler.camber import CliCall, Limits
from reconciler.domain.observations import (
    CamberStatus,
    Created,
    Log,
    NoLog,
    Page,
    Trouble,
    Unknown,
    Unreachable,
)
from tests.conformance.subject import KEY, Subject

LOST = [
    ({"fault": "create-killed-after-effect"}, 1),
    ({"fault": "garbage", "call": "job create", "when": "after"}, 1),
    ({"fault": "garbage", "call": "job create", "when": "before"}, 0),
    ({"fault": "html", "call": "job create", "when": "after"}, 1),
    ({"fault": "server-error", "call": "job create", "when": "after"}, 1),
    ({"fault": "create-fails-id-consumed", "job": "runs"}, 1),
    ({"fault": "create-fails-id-consumed", "job": "none"}, 0),
    ({"fault": "create-hangs", "when": "after"}, 1),
    ({"fault": "create-hangs", "when": "before"}, 0),
]


@pytest.mark.parametrize(("fault", "jobs"), LOST, ids=lambda value: re.sub(r"[^a-z-]+", "_", str(value)).strip("_"))
def test_01_a_create_without_an_id_is_unknown_and_found_by_its_folder(
    camber_under_test: Subject, fault: dict[str, object], jobs: int
) -> None:
    camber_under_test.faults(fault)
    outcome = camber_under_test.create(limits=Limits(create=6.0))

    assert isinstance(outcome, Unknown)
    assert len(camber_under_test.listed()) == jobs


def test_02_jobs_with_folders_of_their_own_do_not_race(camber_under_test: Subject, tmp_path: Path) -> None:
    camber_under_test.spends_credits()
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
        camber_under_test.client.upload(tmp_path / name, f"{camber_under_test.folder(name)}payload.json")
    ids = {name: camber_under_test.created("cat payload.json", name) for name in ("one", "two")}
    for job_id in ids.values():
        camber_under_test.finished(job_id)

    for name, job_id in ids.items():
        log = camber_under_test.client.logs(job_id)
        assert isinstance(log, Log)
        assert log.text.strip() == name


def test_03_the_banner_changes_nothing_that_is_read(camber_under_test: Subject) -> None:
    camber_under_test.configure(version="27650.0.1", banner="true", banner_before_json="true")
    job_id = camber_under_test.created("echo result")
    camber_under_test.finished(job_id)
    log = camber_under_test.client.logs(job_id)
    page = camber_under_test.client.list_page(1, 10)

    assert camber_under_test.client.version() == "27650.0.1 - 2118c7a"
    assert camber_under_test.account().username == "local"
    assert isinstance(log, Log)
    assert log.text.endswith("result\n")
    assert isinstance(page, Page)
    assert [row.camber_job_id for row in page.rows] == [job_id]


@pytest.mark.parametrize(
    ("command", "status"),
    [("cat none | true; echo framed", "COMPLETED"), ("echo framed; exit 7", "FAILED")],
    ids=["completed", "failed"],
)
def test_04_completed_is_not_success_and_failed_not_without_result(
    camber_under_test: Subject, command: str, status: str
) -> None:
    job_id = camber_under_test.created(command)
    job = camber_under_test.finished(job_id)
    log = camber_under_test.client.logs(job_id)

    assert job.status == status
    assert isinstance(log, Log)
    assert "framed\n" in log.text


def test_05_logs_are_merged_raw_partial_late_or_refused(camber_under_test: Subject) -> None:
    said = r"printf 'a\rb\n\033[31mred\033[0m\n\xff\n'; echo error >&2; printf partial"
    job_id = camber_under_test.created(said)
    camber_under_test.finished(job_id)
    log = camber_under_test.client.logs(job_id)

    assert isinstance(log, Log)
    assert log.text == "a\rb\n\x1b[31mred\x1b[0m\n\ufffd\nerror\npartial"
    camber_under_test.faults(
        {"fault": "logs-sts-failure", "nth": 1},
        {"fault": "logs-empty-then-late", "seconds": 3600, "nth": 2},
        {"fault": "logs-truncated", "bytes": 7, "nth": 3},
    )
    troubled = [camber_under_test.client.logs(job_id) for _ in range(3)]

    assert isinstance(troubled[0], Unreachable)
    assert troubled[1:] == [Log(""), Log(log.text.removesuffix("partial"))]
    camber_under_test.faults({"fault": "stuck-pending-then-runs", "seconds": 3600.0})
    assert isinstance(camber_under_test.client.logs(camber_under_test.created("true", "waiting")), NoLog)


def test_05_a_log_grows_while_its_job_runs_and_may_end_in_half_a_line(camber_under_test: Subject) -> None:
    job_id = camber_under_test.created("echo first; printf half; until [ -e go ]; do sleep 0.1; done; echo ' and half'")
    camber_under_test.eventually(lambda: camber_under_test.job(job_id).status_word == "RUNNING")
    camber_under_test.eventually(lambda: camber_under_test.client.logs(job_id), lambda log: log == Log("first\nhalf"))
    if camber_under_test.tool is None:
        pytest.skip("how the rest comes needs a file beside the running job, and not every mount shows one")
    (camber_under_test.tool.stash(f"conformance-{camber_under_test.name}/job") / "go").touch()
    camber_under_test.finished(job_id)

    assert camber_under_test.client.logs(job_id) == Log("first\nhalf and half\n")


def test_06_a_job_is_cancelled_by_nobody_or_waits_and_still_runs(camber_under_test: Subject) -> None:
    camber_under_test.faults(
        {"fault": "spontaneous-cancelled", "seconds": 0.3, "nth": 1},
        {"fault": "stuck-pending-then-runs", "seconds": 4.0, "nth": 2},
    )
    cancelled, stuck = camber_under_test.created("sleep 60", "one"), camber_under_test.created("echo ran", "two")
    ran = camber_under_test.finished(stuck)

    assert camber_under_test.finished(cancelled).status is CamberStatus.CANCELLED
    assert isinstance(camber_under_test.client.logs(cancelled), NoLog)
    assert ran.status is CamberStatus.COMPLETED
    assert ran.created_at is not None
    assert ran.started_at is not None
    assert (ran.started_at - ran.created_at).total_seconds() >= 3


def test_07_there_is_no_cancel_so_a_limit_stands_in_the_command(camber_under_test: Subject) -> None:
    asked = camber_under_test.raw("job", "cancel", "1")
    job_id = camber_under_test.created("timeout -k 1 1 sleep 60")

    assert b"job create" in asked.stdout + asked.stderr or b"create " in asked.stdout + asked.stderr
    assert camber_under_test.finished(job_id).status is CamberStatus.FAILED


def test_08_errors_are_known_by_both_streams_whatever_the_exit_code(camber_under_test: Subject, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    camber_under_test.faults(
        {"fault": "auth-failed", "exit_code": 0, "call": "job list"},
        {"fault": "upload-exit-255"},
        {"fault": "server-error", "call": "job get"},
        {"fault": "rate-limited", "call": "job logs"},
        {"fault": "html", "exit_code": 0, "call": "version"},
    )
    troubles = [
        getattr(outcome, "trouble", outcome)
        for outcome in (
            camber_under_test.client.list_page(1),
            camber_under_test.client.get(1),
            camber_under_test.client.logs(1),
            camber_under_test.client.version(),
        )
    ]
    camber_under_test.client.upload(tmp_path / "file", f"{camber_under_test.folder()}file")

    assert troubles == [Trouble.LOGIN, Trouble.API_ERROR, Trouble.RATE_LIMITED, Trouble.UNREADABLE]
    assert camber_under_test.client.exists(f"{camber_under_test.folder()}file")


def test_09_the_key_stands_in_no_argument_list_and_no_evidence(camber_under_test: Subject) -> None:
    key = camber_under_test.environ.get("CAMBER_API_KEY") or KEY
    seen: set[bytes] = set()
    over = threading.Event()
    sampler = threading.Thread(target=sample_arguments, args=(seen, over))
    sampler.start()
    camber_under_test.account()
    camber_under_test.client.list_page(1, 10)
    over.set()
    sampler.join()

    assert any(b"--output" in line for line in seen)
    assert not [line for line in seen if key.encode() in line]
    assert not [call for call in camber_under_test.evidence if key in kept(call)]


def test_09_a_key_that_the_tool_repeats_is_not_kept(camber_under_test: Subject) -> None:
    """Some tools tell which key they refused."""
    camber_under_test.faults({"fault": "auth-failed", "call": "me", "message": f"authentication error: bad key {KEY}"})
    outcome = camber_under_test.client.me()
    call = camber_under_test.evidence[-1]

    assert KEY.encode() in camber_under_test.raw("me").stdout
    assert "bad key [redacted]" in kept(call)
    assert KEY not in kept(call) + repr(outcome)


def test_10_prompts_are_answered_and_silence_is_ended(camber_under_test: Subject) -> None:
    camber_under_test.faults({"fault": "prompt", "nth": 1}, {"fault": "create-hangs", "when": "before", "nth": 2})
    answered = camber_under_test.create()
    before = time.monotonic()
    hung = camber_under_test.create(limits=Limits(create=1.0))

    assert isinstance(answered, Created)
    assert isinstance(hung, Unknown)
    assert time.monotonic() - before < 60


def kept(call: CliCall) -> str:
    """All that the evidence holds, its packed streams unpacked."""
    streams = [zlib.decompress(stream).decode() for stream in (call.stdout, call.stderr) if stream]
    return "\n".join([repr(call), *streams])


def sample_arguments(seen: set[bytes], over: threading.Event) -> None:
    """Collect the argument list of every process that lives meanwhile."""
    while not over.is_set():
        for folder in Path("/proc").iterdir():
            try:
                seen.add((folder / "cmdline").read_bytes() if folder.name.isdigit() else b"")
            except OSError:
                # It has ended.
                continue
