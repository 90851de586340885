"""How the tool answers, to the byte where it was captured. Each test is one item, by its number and subject.

Where the executable is the local Camber these hold it to what was seen of the real one. Where it is the real one they
tell what has changed. `test_behaviour_behind.py` goes on with what stands behind the answers.
"""

import re
from datetime import datetime

from tests.conformance.answers import BANNER, as_json, create, said
from tests.conformance.subject import Subject, job_id_of

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
GLOBAL_FLAGS = (
    b"Global Flags:\n      --api-key string   API key for authentication (also set via CAMBER_API_KEY env var)\n\n"
)
FOREIGN = b"API error: code=15, message=Failed to issue sts to get logs: job not belong to user"


def test_01_errors_are_cobras_on_stderr_and_bare_on_stdout(camber_under_test: Subject) -> None:
    failed = camber_under_test.raw("job", "logs", "1")
    mistaken = camber_under_test.raw("job", "get", "--no-such-flag")
    deleted = camber_under_test.raw("app", "delete", "no-such-app-of-ours")
    key = ("--api-key", camber_under_test.environ.get("CAMBER_API_KEY", ""))
    calls = [(*key, "me"), ("me", *key), ("job", *key, "list"), ("me",)]
    with_key_on_argv = [camber_under_test.raw(*call, CAMBER_API_KEY="").returncode for call in calls]

    assert said(failed.stdout) == FOREIGN + b"\n"
    assert (
        failed.stderr
        == (b"Error: " + FOREIGN + b"\nUsage:\n  camber job logs [flags]\n\nFlags:\n  -h, --help   help for logs\n\n")
        + GLOBAL_FLAGS
    )
    assert mistaken.stderr.startswith(b"Error: unknown flag: --no-such-flag\nUsage:\n")
    assert said(deleted.stdout) == b"API error: code=500, message=Failed to delete app\n" * 2
    assert (failed.returncode, mistaken.returncode, deleted.returncode) == (1, 1, 1)
    assert with_key_on_argv[:3] == [0, 0, 0]
    # The real tool may know a login beside.
    assert camber_under_test.is_real or with_key_on_argv[3] == 1


def test_02_the_version_is_one_line(camber_under_test: Subject) -> None:
    shown = said(camber_under_test.raw("version").stdout)

    assert re.fullmatch(rb"Camber \d+\.\d+\.\d+(-\w+)? - [0-9a-f]{7,}\n", shown)


def test_03_the_banner_is_these_bytes_on_stdout_first(camber_under_test: Subject) -> None:
    camber_under_test.configure(banner="true", version="1.0.38-dev", latest_version="1.0.39-dev")
    expected = BANNER.format("1.0.38-dev", "1.0.39-dev").encode()
    text, failed = camber_under_test.raw("me"), camber_under_test.raw("job", "logs", "1")
    early = camber_under_test.raw("me", "--output", "json").stdout
    camber_under_test.configure(banner_before_json="false")
    late = camber_under_test.raw("me", "--output", "json").stdout

    assert text.stdout.startswith(expected + b"\n======================User Information")
    assert failed.stdout == expected + FOREIGN + b"\n"
    assert early == expected + late
    assert late.startswith(b"{")


def test_04_create_checks_its_flags_and_says_an_id(camber_under_test: Subject) -> None:
    path = ("--path", camber_under_test.folder())
    gpu = camber_under_test.raw("job", "create", "--cmd", "true", *path, "--gpu")
    bare = camber_under_test.raw("job", "create", *path)
    pathless = camber_under_test.raw("job", "create", "--cmd", "true")
    camber_under_test.spends_credits()
    told = said(camber_under_test.raw("job", "create", "--cmd", "true", *path).stdout)
    job_id = job_id_of(told)
    shown = said(camber_under_test.raw("job", "get", str(job_id)).stdout)

    assert b"Error: invalid node size for GPU: xxsmall. Must be one of: [xsmall medium]" in gpu.stderr.splitlines()
    assert bare.stderr.startswith(b'Error: required flag(s) "cmd" not set\n')
    assert pathless.stderr.startswith(b'Error: required flag(s) "path" not set\n')
    assert {done.returncode for done in (gpu, bare, pathless)} == {1}
    assert re.match(rb"Job created successfully\.?\s+Status: +Submitted\.?\s+Job ID: +\d+\s", told)
    assert b"Job Type:            MPI\n" in shown
    assert b"Node Size:           XXSMALL\n" in shown
    assert b"Number of Nodes:     1\n" in shown


def test_05_the_screen_of_a_job_is_these_bytes(camber_under_test: Subject) -> None:
    command = 'echo "Status: x"; exit 1'
    job_id = create(camber_under_test, command)
    camber_under_test.finished(job_id)
    shown = said(camber_under_test.raw("job", "get", str(job_id)).stdout).decode()
    job = as_json(camber_under_test, "job", "get", str(job_id))
    start, finish = re.findall(STAMP, shown)

    minutes, seconds = divmod(int((datetime.fromisoformat(finish) - datetime.fromisoformat(start)).total_seconds()), 60)
    duration = f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
    assert shown == (
        "\n======================Job Information======================\n"
        f"Job ID:              {job_id}\n"
        "Status:              FAILED\n"
        "Job Type:            MPI\n"
        "Node Size:           XXSMALL\n"
        f"Command:             {command}\n"
        "With GPU:            false\n"
        "Number of Nodes:     1\n"
        f"Start Time:          {start}\n"
        f"Duration:            {duration}\n"
        f"Finish Time:         {finish}\n"
        "\n===========================================================\n\n"
    )
    assert int(job["job_id"]) == job_id
    assert (job["job_status"], job["with_gpu"], job["num_nodes"]) == ("FAILED", False, 1)
    assert job["created_at"] == start
    assert camber_under_test.folder().endswith(f"{job['mount_dir'].strip('/')}/")
    assert job["started_at"]
    assert job["finished_at"] == finish


def test_05_moments_that_have_not_come_are_null(camber_under_test: Subject) -> None:
    camber_under_test.faults({"fault": "stuck-pending-then-runs", "seconds": 3600.0})
    job = as_json(camber_under_test, "job", "get", str(create(camber_under_test, "true")))

    assert (job["job_status"], job["started_at"], job["finished_at"]) == ("PENDING", None, None)
    assert re.fullmatch(STAMP, job["created_at"])


def test_05_the_end_of_a_job_is_noticed_every_five_seconds(camber_under_test: Subject) -> None:
    """As measured: what ends after two seconds is seen to have taken five, and its duration counts the queue in."""
    if not camber_under_test.is_real:
        camber_under_test.configure(profile="real")
    job = camber_under_test.finished(create(camber_under_test, "sleep 2"))

    assert job.started_at is not None
    assert job.finished_at is not None
    # The moments are shown in whole seconds, each cut by itself.
    took = (job.finished_at - job.started_at).total_seconds()
    assert min(abs(took - 5 * polls) for polls in range(1, 9)) <= 1
    assert took >= 4


def test_06_the_list_is_paged_newest_first(camber_under_test: Subject) -> None:
    ids = [create(camber_under_test, "true") for _ in range(3)]
    page = as_json(camber_under_test, "job", "list", "--page", "1", "--size", "2")
    rows = next(value for value in page.values() if isinstance(value, list))
    text = said(camber_under_test.raw("job", "list").stdout).decode()

    assert [int(row["job_id"]) for row in rows] == ids[:0:-1]
    assert page["total"] >= 3
    assert re.search(r"^-{20,}$", text, re.MULTILINE)
    assert all(re.search(rf"^{label}: ", text, re.MULTILINE) for label in ("Job ID", "Status", "Start Time"))


def test_07_logs_are_raw_and_only_for_jobs_that_have_run(camber_under_test: Subject) -> None:
    camber_under_test.configure(concurrency=1)
    running = create(
        camber_under_test, r"printf 'a\rb\033[1mc\n'; echo error >&2; until [ -e go ]; do sleep 0.05; done"
    )
    pending = create(camber_under_test, "true", "other")
    shown = camber_under_test.eventually(
        lambda: said(camber_under_test.raw("job", "logs", str(running)).stdout), lambda text: b"error" in text
    )
    refused = camber_under_test.raw("job", "logs", str(pending))

    assert shown == b"a\rb\x1b[1mc\nerror\n"
    assert refused.returncode != 0
    assert b"job status is not completed, failed, or running" in said(refused.stdout)


def test_08_there_is_no_cancel_stop_or_delete(camber_under_test: Subject) -> None:
    shown = camber_under_test.raw("job", "--help").stdout.decode()
    unknown = camber_under_test.raw("jobs")

    assert re.findall(r"^  (create|get|list|logs|cancel|stop|delete) ", shown, re.MULTILINE) == [
        "create",
        "get",
        "list",
        "logs",
    ]
    assert unknown.returncode != 0
    assert unknown.stderr.startswith(b'Error: unknown command "jobs" for "camber"\n')
