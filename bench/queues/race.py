"""One race of a queue: so many jobs, one worker, perhaps killed half-way and started again."""

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from bench.lifecycle.race import COMMITS, PATIENCE_SECONDS, POLL_SECONDS, SLOTS, Outcome, install
from bench.worker.documents import Paper
from reconciler.local.postgres import running_cluster
from worker.contract import ARTIFACTS, Attempt, Document, Grants, RunFile, object_keys, run_json

ROOT = Path(__file__).resolve().parents[2]
LOOK_SECONDS = 0.25
RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue under its name, and the program that uses it."""

    name: str
    module: str


QUEUES = (
    Queue(name="Procrastinate", module="bench.queue_programs.procrastinate_worker"),
    Queue(name="PgQueuer", module="bench.queue_programs.pgqueuer_worker"),
)


def race(queue: Queue, python: Path, jobs: int, *, kill: bool) -> Outcome:
    """All jobs are there before the worker starts."""
    with TemporaryDirectory() as name, running_cluster(Path(name) / "postgres") as cluster:
        url, home = cluster.ensure_database("bench").replace("+psycopg", ""), Path(name) / "camber"
        _prepare(home)
        _stage(home / "staged", jobs)
        program = _Program(queue, python, home, url)
        program.finish("defer", str(jobs))
        with psycopg.connect(url, autocommit=True) as connection:
            committed = -_commits(connection)
            began = time.time()
            if kill:
                with program.working() as process:
                    _until_done(home, jobs // 2)
                    process.kill()
            with program.working():
                _until_done(home, jobs)
                # The server's counts come up to a second late.
                time.sleep(1.5)
                committed += _commits(connection)
        return outcome(jobs, began, _done(home), _carried(home), committed, _calls(home))


class _Program:
    def __init__(self, queue: Queue, python: Path, home: Path, url: str) -> None:
        self._command = [str(python), "-m", queue.module]
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(home), "BENCH_CAMBER_HOME": str(home)}
        self._environment |= {"BENCH_POLL_SECONDS": str(POLL_SECONDS), "BENCH_SLOTS": str(SLOTS)}
        self._environment |= {"BENCH_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}

    def finish(self, *words: str) -> None:
        subprocess.run([*self._command, *words], env=self._environment, check=True, capture_output=True)

    @contextmanager
    def working(self) -> Iterator["subprocess.Popen[bytes]"]:
        process = subprocess.Popen([*self._command, "work"], env=self._environment, stderr=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _prepare(home: Path) -> None:
    """The fake Camber of the reconciler's race, and what the programs of the queues write into."""
    for name in ("jobs", "stash"):
        (home / name).mkdir(parents=True)
    install(home)
    (home / "done").touch()


def _stage(folder: Path, jobs: int) -> None:
    """A run file for each job, whole as the reconciler writes them, with one document in it."""
    paper = Paper(name="card", path=Path("card.png"), mime_type="image/png", schema_name="demo-id-card")
    for number in range(jobs):
        mine = folder / str(number)
        mine.mkdir(parents=True)
        payload = paper.payload(number)
        attempt = Attempt(id=payload.job_id, number=1, nonce=f"{number:012x}")
        keys = object_keys(payload.user_id, payload.job_id, attempt, payload.schema.output_format)
        links = {name: f"https://127.0.0.1/{keys[name]}" for name in ARTIFACTS}
        grants = Grants(get="https://127.0.0.1/x", put=links, expires_at="2100-01-01T00:00:00+00:00")
        document = Document(payload=payload, attempt=attempt, grants=grants)
        run = RunFile(run_id=payload.job_id, documents=(document,), recipients=(RECIPIENT,), control_url=None)
        (mine / "run.json").write_text(json.dumps(run_json(run)))
        (mine / "job_id").write_text(payload.job_id)


def _commits(connection: "psycopg.Connection[Any]") -> int:
    row = connection.execute(COMMITS).fetchone()
    assert row
    return int(row[0])


def _until_done(home: Path, jobs: int) -> None:
    """Wait until so many jobs are done, or patience ends: with `kill` some may never be."""
    deadline = time.monotonic() + min(PATIENCE_SECONDS, 120 + 2 * jobs)
    while len({one["number"] for one in _done(home)}) < jobs and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def _done(home: Path) -> list[dict[str, Any]]:
    """What the tasks wrote down; half a line is what a kill left."""
    whole = (home / "done").read_text().rpartition("\n")[0].splitlines()
    return [json.loads(line) for line in whole]


def _carried(home: Path) -> Counter[str]:
    """From the fake CLI's own book: how many Camber jobs carried each job."""
    return Counter(json.loads(file.read_text())["mount_dir"] for file in (home / "jobs").iterdir())


def _calls(home: Path) -> int:
    return len((home / "calls").read_text().splitlines())


def outcome(
    jobs: int, began: float, done: Sequence[dict[str, Any]], carried: Counter[str], committed: int, calls: int
) -> Outcome:
    """The figures of a race. Doubled are Camber jobs beyond one for each job; lost are jobs that were never done."""
    lags = [one["at"] - datetime.fromisoformat(one["finished_at"]).timestamp() for one in done]
    cuts = quantiles(lags, n=20)
    return Outcome(
        jobs_a_second=len({one["number"] for one in done}) / (max(one["at"] for one in done) - began),
        lag_p50_seconds=cuts[9],
        lag_p95_seconds=cuts[18],
        cli_calls_each=calls / jobs,
        transactions_each=committed / jobs,
        doubled=sum(count - 1 for count in carried.values()),
        lost=jobs - len({one["number"] for one in done}),
    )
