"""Draw the pictures of the console that the documentation shows, with sample documents and an invented day around them.

    python docs/console_pictures.py           draws them into docs/images
    python docs/console_pictures.py --stay    keeps the console open instead, to be looked at

Needs the extra `local`, the worker's environment and a Chromium; CHROMIUM names one that is not on PATH.
"""

import os
import random
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Connection, Engine, text
from starlette.applications import Starlette

from reconciler.console.app import console_routes
from reconciler.console.opening import desk_of
from reconciler.health.server import Server, listen
from reconciler.local.daemon import running_daemon
from reconciler.local.demo import DEMO_USER, enqueue, follow, open_database
from reconciler.local.platform import Platform, running_platform
from reconciler.settings import load

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PORT = 9321
HOURS = 24
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
FAILURES = ("CORRUPT_IMAGE", "QUALITY_FAILED", "SIZE_UNREACHABLE", "ENCRYPTED_PDF")
_DICE = random.Random(7)  # noqa: S311 - an invented day, the same each time


def main(arguments: list[str]) -> int:
    """Prepare, then draw or stay."""
    with running_platform(ROOT / ".rythmiq" / "pictures", sys.stderr.write) as platform:
        engine = open_database(platform)
        _demo(platform, engine)
        with engine.begin() as connection:
            invent_day(connection)
        with _console(platform):
            if arguments == ["--stay"]:
                sys.stdout.write(f"http://localhost:{PORT}/console/\n")
                sys.stdout.flush()
                threading.Event().wait()
            _draw(engine)
    return 0


def _demo(platform: Platform, engine: Engine) -> None:
    """Real documents, really read."""
    with engine.connect() as connection:
        if connection.scalar(text("SELECT count(*) FROM documents")):
            return
    jobs = enqueue(platform, engine)
    with running_daemon(platform) as daemon:
        follow(engine, jobs, daemon, lambda _: None)


def invent_day(connection: Connection) -> None:
    """A day of an installation of some size around the documents; past the triggers, as nothing of it happened."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    for table in ("jobs", "camber_runs", "daemons", "breakers"):
        column = {"jobs": "original_filename", "camber_runs": "account", "daemons": "host", "breakers": "reason"}[table]
        connection.execute(text(f"DELETE FROM {table} WHERE {column} LIKE 'invented%'"))  # noqa: S608 - names of ours
    connection.execute(text("DELETE FROM job_attempts a WHERE NOT EXISTS (SELECT FROM jobs j WHERE j.id = a.job_id)"))
    schema = connection.scalar(text("SELECT id FROM portal_schemas ORDER BY created_at LIMIT 1"))
    _ended(connection, schema)
    _runs(connection, schema)
    _waiting(connection, schema)
    connection.execute(
        text(
            "INSERT INTO daemons (id, host, pid, version, duties, heartbeat_at) VALUES (:id, 'invented-worker-1', 812,"
            " '0.1.0', CAST(:duties AS jsonb), now())"
        ),
        {"id": uuid4(), "duties": '{"dispatch": "2026-01-05T09:41:07+00:00", "watch": "2026-01-05T09:41:06+00:00"}'},
    )
    connection.execute(
        text(
            "INSERT INTO breakers (dependency, state, failures, reason, opened_at, retry_at) VALUES ('reads',"
            " 'half_open', 3, 'invented: the job list did not answer within 30 s', now() - interval '4 minutes', now())"
        )
    )


def _insert_job(connection: Connection, schema: UUID | None, ago: float, took: float | None, **more: object) -> UUID:
    job = {"id": uuid4(), "user": DEMO_USER, "schema": schema, "ago": ago, "took": took, "status": "completed"}
    job |= {"error": None, "held": None, "waits": None, "later": 0, "attempt": uuid4(), **more}
    connection.execute(
        text(
            "INSERT INTO jobs (id, user_id, portal_schema_id, raw_path, mime_type, original_filename, status,"
            " created_at, updated_at, completed_at, started_at, current_attempt_id, error_details, held_reason,"
            " waiting_reason, available_at, attempt_count) VALUES (:id, :user, :schema, 'blobs/' || :id, 'image/jpeg',"
            " 'invented.jpg', :status, now() - make_interval(secs => :ago), now() - make_interval(secs => :ago),"
            " now() - make_interval(secs => :ago - :took), now() - make_interval(secs => :ago), :attempt,"
            " CAST(:error AS jsonb), :held, :waits, now() + make_interval(secs => :later),"
            " CASE WHEN :status = 'failed' THEN 1 ELSE 0 END)"
        ),
        job,
    )
    return UUID(str(job["id"]))


def _ended(connection: Connection, schema: UUID | None) -> None:
    for minute in range(HOURS * 60):
        hour = minute / 60
        busy = 0.8 + 2.4 * max(0.0, 1 - abs(hour - 9) / 7) + _DICE.random()
        for _ in range(int(busy * (0.4 + _DICE.random()))):
            ago = max(200.0, 60 * minute + 60 * _DICE.random())
            chance = _DICE.random()
            if chance < 0.035:
                error = f'{{"code": "{_DICE.choice(FAILURES)}", "stage": "DECODE", "message": "invented"}}'
                _insert_job(connection, schema, ago, 40 + 60 * _DICE.random(), status="failed", error=error)
            elif chance < 0.045:
                _insert_job(connection, schema, ago, 10, status="cancelled")
            else:
                _insert_job(connection, schema, ago, 30 + 150 * _DICE.random())


def _runs(connection: Connection, schema: UUID | None) -> None:
    for number in range(22):
        ago = 7000 - 290 * number + 60 * _DICE.random()
        wait, work = 5 + 90 * _DICE.random(), 60 + 300 * _DICE.random()
        total = _DICE.randint(4, 25)
        failed = {7: total, 12: 1, 15: 2}.get(number, 0)
        state, settled = ("finished", total) if number < 19 else ("running", total // (number - 17))
        if number == 9:
            state, settled = "held", 0
        _run(connection, schema, 27_600 + number, ago, wait, work, state, total, settled, failed)


def _run(
    connection: Connection,
    schema: UUID | None,
    camber_job: int,
    ago: float,
    wait: float,
    work: float,
    state: str,
    total: int,
    settled: int,
    failed: int,
) -> None:
    over = state == "finished"
    run = {"id": uuid4(), "job": camber_job, "ago": ago, "wait": wait, "work": work, "state": state, "total": total}
    run |= {"settled": settled, "credits": 0.0001 * work if over else None, "over": over}
    run |= {"reason": "invented: the log of its Camber job cannot be read" if state == "held" else None}
    connection.execute(
        text(
            "INSERT INTO camber_runs (id, marker, backend, account, state, camber_job_id, camber_status, bundle_hash,"
            " stash_path, node_size, command, attempts_total, attempts_settled, created_at, launch_started_at,"
            " submitted_at, started_at, finished_at, next_poll_at, queue_deadline, run_deadline, credits, reason_code,"
            " reason_text, log_bytes) VALUES (:id, 'rq-local-' || :id, 'local', 'invented', :state, :job,"
            " CASE WHEN :over THEN 'COMPLETED' ELSE 'RUNNING' END, repeat('ab', 32), 'invented', 'xxsmall', 'invented',"
            " :total, :settled, now() - make_interval(secs => :ago), now() - make_interval(secs => :ago),"
            " now() - make_interval(secs => :ago - 3), now() - make_interval(secs => :ago - 3 - :wait),"
            " CASE WHEN :over THEN now() - make_interval(secs => :ago - 3 - :wait - :work) END,"
            " CASE WHEN :state = 'running' THEN now() + interval '1 day' END, now() + interval '1 day',"
            " now() + interval '1 day', :credits, CASE WHEN :over THEN 'collected' ELSE 'seen_running' END, :reason, 0)"
        ),
        run,
    )
    for number in range(total):
        verdict = "assigned" if number >= settled else "failed" if number < failed else "succeeded"
        status = {"assigned": "processing", "failed": "failed", "succeeded": "completed"}[verdict]
        if status == "processing":
            attempt = uuid4()
            job = _insert_job(connection, schema, ago + 20, None, status=status, attempt=attempt)
            _attempt(connection, attempt, job, run["id"], verdict, ago)
        elif over or number < settled:
            job = connection.scalar(
                text("SELECT id FROM jobs WHERE status = :s ORDER BY random() LIMIT 1"), {"s": status}
            )
            _attempt(connection, uuid4(), job, run["id"], verdict, ago)


def _attempt(connection: Connection, attempt: UUID, job: UUID | None, run: object, state: str, ago: float) -> None:
    connection.execute(
        text(
            "INSERT INTO job_attempts (id, job_id, number, run_id, nonce, state, result, error, created_at,"
            " finished_at) VALUES (:id, :job,"
            " (SELECT coalesce(max(number), 0) + 1 FROM job_attempts WHERE job_id = :job), :run, 'invented', :state,"
            " CASE WHEN :state = 'succeeded' THEN '{}'::jsonb END, CASE WHEN :state = 'failed' THEN"
            ' \'{"code": "CORRUPT_IMAGE"}\'::jsonb END, now() - make_interval(secs => :ago),'
            " CASE WHEN :state <> 'assigned' THEN now() - make_interval(secs => :ago - 60) END)"
        ),
        {"id": attempt, "job": job, "run": run, "state": state, "ago": ago},
    )


def _waiting(connection: Connection, schema: UUID | None) -> None:
    _insert_job(connection, schema, 5400, None, status="pending", attempt=None, held="ask the person first")
    _insert_job(connection, schema, 2100, None, status="pending", attempt=None, held="8 platform faults in a row")
    _insert_job(connection, schema, 420, None, status="pending", attempt=None, waits="waiting for upload", later=86400)
    error = '{"code": "FETCH_TIMEOUT", "stage": "FETCH", "message": "invented"}'
    _insert_job(connection, schema, 300, None, status="pending", attempt=None, error=error, later=86400)
    for _ in range(6):
        _insert_job(connection, schema, 40 * _DICE.random(), None, status="pending", attempt=None)


@contextmanager
def _console(platform: Platform) -> Iterator[None]:
    given = {**platform.environment, "CONSOLE": "1", "HEALTH_PORT": str(PORT), "DAILY_CREDITS_MAX": "2.5"}
    desk = desk_of(load(given, Path(os.devnull)), lambda: ())
    server = Server(Starlette(routes=console_routes(desk)), listen("127.0.0.1", PORT))
    server.start()
    try:
        yield
    finally:
        server.stop()
        desk.engine.dispose()


def _draw(engine: Engine) -> None:
    with engine.connect() as connection:
        job = connection.scalar(text("SELECT id FROM jobs WHERE original_filename = 'mark-sheet.png'"))
    IMAGES.mkdir(exist_ok=True)
    pages = (
        ("overview", "", WIDE, "light"),
        ("overview-dark", "", WIDE, "dark"),
        ("overview-narrow", "", NARROW, "light"),
        ("job", f"jobs/{job}", WIDE, "light"),
        ("runs", "runs", WIDE, "light"),
        ("stuck-dark", "stuck", WIDE, "dark"),
    )
    with sync_playwright() as player:
        binary = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = player.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        for name, path, size, scheme in pages:
            _shoot(browser, name, path, size, scheme)
        browser.close()


def _shoot(browser: Browser, name: str, path: str, size: dict[str, int], scheme: str) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # a plain dict and a word
    page = context.new_page()
    page.goto(f"http://localhost:{PORT}/console/{path}", wait_until="networkidle")
    page.screenshot(path=IMAGES / f"console-{name}.png")
    context.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
