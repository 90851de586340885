"""status, jobs, job, why, runs and run-log: what operators look at."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from reconciler.domain.why import OPEN
from reconciler.loop import collect, dispatch, watch
from tests.cli.conftest import Call
from tests.world import USER, World

VIEWS = Path(__file__).resolve().parents[2] / "alembic" / "versions" / "0010_views.py"


def finish(world: World, name: str = "card.png") -> UUID:
    """One document, all the way."""
    daemon, job = world.daemon(), world.submit(name)
    world.step(daemon, dispatch.run_once)
    world.work(world.camber_jobs()[-1])
    world.step(daemon, watch.run_once, collect.run_once)
    return job


def cancel(world: World, job: UUID) -> None:
    with world.engine.begin() as connection:
        connection.exec_driver_sql("SELECT set_config('app.actor', 'maria', true)")
        connection.exec_driver_sql("SELECT set_config('app.reason', 'the person left', true)")
        connection.exec_driver_sql(
            f"UPDATE jobs SET status = 'cancelled', completed_at = now() WHERE id = '{job}'"  # noqa: S608 - a UUID of ours
        )


def test_status_shows_queue_runs_breakers_daemons_cost_and_the_oldest_with_its_why(world: World, call: Call) -> None:
    finish(world)
    waiting = world.submit()
    world.execute(
        "INSERT INTO breakers (dependency, state, reason, opened_at, retry_at)"
        " VALUES ('login', 'open', 'not logged in', now(), now() + interval '1 hour')"
    )

    said = call("status").output
    told = json.loads(call("status", "--json").output)

    assert "1 due (oldest" in said
    assert "1 completed, 0 failed" in said
    assert "none alive" in said
    assert "login open" in said
    assert "not logged in" in said
    assert str(waiting) in said
    assert "no daemon is running" in said
    assert told["health"]["completed_last_hour"] == 1
    assert [row["job_id"] for row in told["oldest"]] == [str(waiting)]
    assert told["cost_today"]["runs"] == 1


def test_status_of_an_empty_database_says_so(call: Call) -> None:
    said = call("status").output

    assert "none open" in said
    assert "Nothing waits." in said


def test_on_80_columns_no_line_of_status_is_cut(world: World, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    job = world.submit()
    world.execute("UPDATE jobs SET held_reason = 'a reason that is long enough to need more than one line of a screen'")
    monkeypatch.setenv("COLUMNS", "80")

    said = call("status").output

    assert max(map(len, said.splitlines())) <= 80
    assert "…" not in said
    assert str(job)[:8] in said


def test_jobs_are_filtered_and_paged_without_a_gap(world: World, call: Call) -> None:
    jobs = [world.submit() for _ in range(5)]
    cancel(world, jobs[2])
    # Made in one moment: only the id tells them apart.
    world.pretend("UPDATE jobs SET created_at = date_trunc('day', now())")

    pages: list[str] = []
    after: list[str] = []
    while page := json.loads(call("jobs", "--limit", 2, *after, "--json").output):
        pages += [row["id"] for row in page]
        after = ["--after", pages[-1]]

    assert sorted(map(str, jobs), reverse=True) == pages
    for words, count in (
        (("--status", "cancelled"), 1),
        (("--user", USER, "--since", "1h"), 5),
        (("--user", uuid4()), 0),
        (("--schema", "test"), 5),
        (("--schema", "other"), 0),
        (("--error-code", "FETCH_FAILED"), 0),
        (("--held",), 0),
    ):
        assert len(json.loads(call("jobs", *words, "--json").output)) == count, words
    assert f"--after {pages[1]}" in call("jobs", "--limit", 2).output


def test_an_id_is_its_first_characters_where_these_are_of_one_only(world: World, call: Call) -> None:
    first, second = UUID("abcd1234-0000-4000-8000-000000000001"), UUID("abcd1234-0000-4000-8000-000000000002")
    for job in (first, second):
        world.insert(job, "blobs/x")
    other = world.submit()

    assert json.loads(call("job", str(other)[:13], "--json").output)["job"]["id"] == str(other)
    assert "is not one job" in call("job", "ABCD1234", code=2).stderr
    assert str(first) in call("why", "abcd1234000040008000000000000001").output
    assert "is not one job" in call("cancel", "abcd1234", code=2).stderr
    assert not world.one("SELECT count(*) FROM jobs WHERE cancel_requested")
    call("cancel", str(other)[:8])
    assert world.one("SELECT cancel_requested FROM jobs WHERE id = :id", id=other)


def test_why_answers_in_every_status(world: World, call: Call) -> None:
    done, gone, waiting, failed = finish(world), world.submit(), world.submit(), world.submit()
    cancel(world, gone)
    world.execute(
        "UPDATE jobs SET status = 'failed', completed_at = now(), attempt_count = 3, error_details ="
        ' \'{"code": "CORRUPT_IMAGE", "stage": "DECODE", "message": "damaged", "advice": "Upload it again."}\''
        " WHERE id = :id",
        id=failed,
    )

    told = {job: json.loads(call("why", job, "--json").output) for job in (done, gone, waiting, failed)}

    assert [one["code"] for one in told.values()] == ["completed", "cancelled", "no_daemon", "CORRUPT_IMAGE"]
    assert f"reconciler fetch {done}" in told[done]["you_can"]
    assert told[gone]["reason"] == "It was cancelled by maria: the person left."
    assert told[waiting]["must_happen"] == "A daemon runs."
    assert "after 3 of 3 tries with CORRUPT_IMAGE: damaged" in told[failed]["reason"]
    assert told[failed]["you_can"].startswith("Upload it again.")
    said = call("why", failed).output
    assert all(word in said for word in ("failed", "must happen", "you can", "damaged"))


def test_every_reason_of_the_view_has_an_answer() -> None:
    text = VIEWS.read_text("utf-8")
    named = text[text.index("named AS (") : text.index("FROM open_jobs o")]
    words = {word.split("'")[0] for part in ("THEN '", "ELSE '") for word in named.split(part)[1:]}

    assert set(OPEN) == words


def test_runs_and_the_log_of_one_by_id_marker_and_cambers_number(world: World, call: Call) -> None:
    finish(world)
    world.execute("UPDATE camber_runs SET log_tail = 'what it printed'")
    (run,) = json.loads(call("runs", "--json").output)

    assert (run["state"], run["attempts_settled"]) == ("finished", 1)
    assert run["run_id"] in call("runs", "--state", "finished").output
    assert "No run fits." in call("runs", "--state", "held").output
    for name in (run["run_id"], run["run_id"][:8], run["marker"], run["camber_job_id"]):
        assert call("run-log", name).output == "what it printed\n"
    assert "RYTHMIQ" in call("run-log", run["marker"], "--live").output
    world.execute("UPDATE camber_runs SET log_tail = NULL")
    assert "try --live" in call("run-log", run["marker"], code=3).stderr


def test_piped_there_is_no_colour_and_nothing_is_cut(world: World, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    job = world.submit()
    world.execute("UPDATE jobs SET held_reason = :text", text="long " * 30)
    monkeypatch.delenv("COLUMNS")

    for words in (("jobs",), ("job", job), ("why", job), ("status",), ("runs",)):
        said = call(*words).output
        assert "\x1b" not in said
        assert "…" not in said
    assert str(job) in call("jobs").output
