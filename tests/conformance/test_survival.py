"""What the client must survive, most dangerous first. Each test is one item, by its number and subject."""

import hashlib
import re
import threading
import time
from pathlib import Path

import pytest

from reconciler.camber import Limits, StashDamaged, StashUnavailable
from reconciler.domain.observations import (
    CamberStatus,
    Created,
    Log,
    NoLog,
    NotSent,
    Page,
    Seen,
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
    assert not [call for call in camber_under_test.evidence if key in repr(call)]


def test_10_prompts_are_answered_and_silence_is_ended(camber_under_test: Subject) -> None:
    camber_under_test.faults({"fault": "prompt", "nth": 1}, {"fault": "create-hangs", "when": "before", "nth": 2})
    answered = camber_under_test.create()
    before = time.monotonic()
    hung = camber_under_test.create(limits=Limits(create=1.0))

    assert isinstance(answered, Created)
    assert isinstance(hung, Unknown)
    assert time.monotonic() - before < 60


def test_11_statuses_ids_and_keys_come_in_any_shape(camber_under_test: Subject) -> None:
    camber_under_test.configure(
        ids_as="text", status_key="state", list_key="data", total_key="count", absent_timestamps="zero"
    )
    camber_under_test.faults({"fault": "status-word", "instead_of": "RUNNING", "word": "Frobnicating"})
    job_id = camber_under_test.created("until [ -e go ]; do sleep 0.05; done")
    camber_under_test.eventually(lambda: camber_under_test.job(job_id).status_word.upper() == "FROBNICATING")
    job = camber_under_test.job(job_id)
    (row,) = camber_under_test.listed()

    assert job.status is row.status is CamberStatus.UNKNOWN
    assert (job.finished_at, row.camber_job_id) == (None, job_id)


def test_12_jobs_beyond_the_ceiling_wait_in_silence(camber_under_test: Subject) -> None:
    camber_under_test.configure(concurrency=4)
    ids = [camber_under_test.created("sleep 60", f"job-{number}") for number in range(6)]

    def words() -> list[str]:
        return [camber_under_test.job(job_id).status_word for job_id in ids]

    assert camber_under_test.eventually(words, lambda seen: seen.count("RUNNING") == 4) == (
        ["RUNNING"] * 4 + ["PENDING"] * 2
    )


def test_13_pages_shift_and_hold_gaps_and_the_jobs_of_others(camber_under_test: Subject) -> None:
    camber_under_test.configure(others_per_job=2)
    ids = {camber_under_test.created() for _ in range(4)}
    camber_under_test.faults({"fault": "list-page-shift", "shift_rows": 1})
    pages = [camber_under_test.client.list_page(number, 3) for number in range(1, 6)]
    rows = [row for page in pages if isinstance(page, Page) for row in page.rows]
    own = {row.camber_job_id for row in rows if "conformance-" in (row.mount_dir or "")}

    assert ids == own
    assert len(rows) > len({row.camber_job_id for row in rows}) == 12
    assert any(later - earlier > 1 for earlier, later in zip(sorted(ids), sorted(ids)[1:], strict=False))


def test_14_the_start_on_the_screen_is_the_creation(camber_under_test: Subject) -> None:
    if not camber_under_test.is_real:
        camber_under_test.configure(profile="fast")
    job_id = camber_under_test.created()
    job = camber_under_test.finished(job_id)
    shown = camber_under_test.raw("job", "get", str(job_id)).stdout.decode()

    assert job.created_at is not None
    assert job.started_at is not None
    assert job.finished_at is not None
    assert job.created_at <= job.started_at <= job.finished_at
    assert f"Start Time:          {job.created_at:%Y-%m-%dT%H:%M:%SZ}\n" in shown


def test_15_what_the_stash_says_is_held_against_what_arrived(camber_under_test: Subject, tmp_path: Path) -> None:
    tree, back = tmp_path / "tree", tmp_path / "back"
    tree.mkdir()
    for name in ("a", "b"):
        (tree / name).write_text(f"content of {name}")
    folder = camber_under_test.folder().rstrip("/")
    camber_under_test.client.upload(tree, folder, recursive=True)
    camber_under_test.client.download(f"{folder}/a", back)

    assert back.read_text() == "content of a"
    camber_under_test.faults({"fault": "one-byte-download"}, {"fault": "copy-interrupted", "nth": [3]})
    with pytest.raises(StashDamaged):
        camber_under_test.client.download(f"{folder}/a", tmp_path / "bare")
    promised = hashlib.sha256(b"content of b").hexdigest()
    with pytest.raises(StashDamaged):
        camber_under_test.client.download(f"{folder}/b", tmp_path / "hashed", sha256=promised)
    with pytest.raises(StashUnavailable):
        camber_under_test.client.upload(tree, f"{folder}/again", recursive=True)

    assert not (tmp_path / "bare").exists()
    assert not (tmp_path / "hashed").exists()


def test_16_the_jobs_environment_has_pip_as_a_module_and_no_camber(camber_under_test: Subject) -> None:
    command = (
        'python3 -m pip --version; echo "id $JOB_ID"; ls -A "$HOME/.cache" 2>/dev/null; command -v camber; '
        "python3 -c 'import sys; print(sys.version_info[:2] >= (3, 10))'"
    )
    job_id = camber_under_test.created(command)
    camber_under_test.finished(job_id)
    log = camber_under_test.client.logs(job_id)

    assert isinstance(log, Log)
    assert re.search(r"^pip \d+", log.text, re.MULTILINE)
    assert f"id {job_id}\n" in log.text
    assert log.text.endswith("True\n")


def test_17_a_command_may_hold_anything(camber_under_test: Subject) -> None:
    command = ': "Status:              FAILED"; : \'Job ID: 1\'; true # ü €\n: "$(true)" `true`\n#' + "x" * 100_000
    job_id = camber_under_test.created(command)
    job = camber_under_test.finished(job_id)
    shown = camber_under_test.raw("job", "get", str(job_id)).stdout

    assert (job.camber_job_id, job.status) == (job_id, CamberStatus.COMPLETED)
    assert job.command == command
    assert command.encode() in shown


def test_18_the_cli_is_missing_for_a_while(camber_under_test: Subject, tmp_path: Path) -> None:
    absent = camber_under_test.with_executable(tmp_path / "no-camber")
    never = absent.client_with().version()

    assert isinstance(never, Unreachable)
    assert never.trouble is Trouble.CLI_MISSING
    camber_under_test.spends_credits()
    request = camber_under_test.request("true")
    camber_under_test.faults({"fault": "binary-missing-for-a-while", "seconds": 8.0, "nth": 1})
    camber_under_test.client.version()
    missing = camber_under_test.client.create(request, boot_deadline=time.clock_gettime(time.CLOCK_BOOTTIME) + 30)
    camber_under_test.eventually(camber_under_test.executable.exists)

    assert isinstance(missing, NotSent)
    assert missing.trouble is Trouble.CLI_MISSING
    assert isinstance(camber_under_test.client.get(camber_under_test.created()), Seen)


def test_18_the_cli_is_found_where_its_installer_puts_it_and_after_an_update(
    camber_under_test: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon's PATH does not hold that folder; and what answers is asked for its version anew when it is another."""
    tool = tmp_path / "user" / ".camber" / "bin" / "camber"
    tool.parent.mkdir(parents=True)
    tool.symlink_to(camber_under_test.executable)
    if not camber_under_test.is_real:
        monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv("CAMBER_BIN", raising=False)
    found = camber_under_test.with_executable(None).client
    first = found.version()

    assert isinstance(first, str)
    camber_under_test.configure(version="1.0.99")
    newer = tmp_path / "newer"
    newer.write_bytes(camber_under_test.executable.read_bytes())
    newer.chmod(0o755)
    tool.unlink()
    between = found.me()
    newer.replace(tool)
    found.me()

    assert isinstance(between, Unreachable)
    assert between.trouble is Trouble.CLI_MISSING
    assert camber_under_test.evidence[-1].cli_version == f"1.0.99 - {first.rpartition(' ')[2]}"


def sample_arguments(seen: set[bytes], over: threading.Event) -> None:
    """Collect the argument list of every process that lives meanwhile."""
    while not over.is_set():
        for folder in Path("/proc").iterdir():
            try:
                seen.add((folder / "cmdline").read_bytes() if folder.name.isdigit() else b"")
            except OSError:
                # It has ended.
                continue
