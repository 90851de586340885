"""What the client must survive of the platform behind the CLI, and of the CLI as a file; `test_survival.py` begins."""

import hashlib
import re
import time
from pathlib import Path

import pytest

from reconciler.camber import StashDamaged, StashUnavailable
from reconciler.domain.observations import (
    CamberStatus,
    Log,
    NotSent,
    Page,
    Seen,
    Trouble,
    Unreachable,
)
from tests.conformance.subject import Subject


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
        # Else both moments could be in one second.
        camber_under_test.faults({"fault": "stuck-pending-then-runs", "seconds": 2.0})
    job_id = camber_under_test.created()
    job = camber_under_test.finished(job_id)
    shown = camber_under_test.raw("job", "get", str(job_id)).stdout.decode()

    assert job.created_at is not None
    assert job.started_at is not None
    assert job.finished_at is not None
    assert job.created_at < job.started_at <= job.finished_at
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
        'python3 -m pip --version; echo "id $JOB_ID"; ls -A "$HOME/.cache" 2>/dev/null; '
        "command -v camber || echo no camber; "
        "python3 -c 'import sys; print(sys.version_info[:2] >= (3, 10))'"
    )
    job_id = camber_under_test.created(command)
    camber_under_test.finished(job_id)
    log = camber_under_test.client.logs(job_id)

    assert isinstance(log, Log)
    assert re.search(r"^pip \d+", log.text, re.MULTILINE)
    assert log.text.endswith(f"id {job_id}\nno camber\nTrue\n")


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
