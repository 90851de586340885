"""prune: what is old goes, what is young or under way stays, and a dry run changes nothing."""

import json

import pytest

from reconciler.loop import prune
from tests.cli.conftest import Call
from tests.cli.test_looking import finish
from tests.world import World

FIGURES = (
    "SELECT (SELECT count(*) FROM job_events) || ' ' || (SELECT count(*) FROM camber_runs WHERE log_tail IS NOT NULL)"
    " || ' ' || (SELECT count(*) FROM cli_calls) || ' ' || (SELECT count(*) FROM outbox)"
)


def age(world: World, days: int) -> None:
    """Let all that is there be so old."""
    world.execute("UPDATE camber_runs SET log_tail = 'printed'")
    for table, column in (
        ("job_events", "at"),
        ("cli_calls", "at"),
        ("outbox", "created_at"),
        ("camber_runs", "finished_at"),
    ):
        world.pretend(f"UPDATE {table} SET {column} = {column} - make_interval(days => :days)", days=days)  # noqa: S608 - our names


def test_a_dry_run_counts_and_the_pass_removes_the_same(world: World, call: Call) -> None:
    finish(world)
    age(world, 400)
    young = finish(world)
    before = world.one(FIGURES)

    looked = json.loads(call("prune", "--dry-run", "--json").stdout)
    assert before == world.one(FIGURES)
    removed = json.loads(call("prune", "--json").stdout)

    assert {"folders": 1, "logs": 1, "messages": 1, "events": 3}.items() <= looked.items()
    assert looked["evidence"] > 0
    assert {**looked, "dry_run": False} == removed
    assert world.one("SELECT count(*) FROM job_events WHERE job_id = :job", job=young) == 3
    assert world.one("SELECT count(DISTINCT job_id) FROM job_events") == 1
    assert "Removed: 0 folders, 0 logs, 0 evidence, 0 messages, 0 events, 0 objects, 0 jobs." in call("prune").output


def test_jobs_are_counted_where_they_have_a_time_to_go(
    world: World, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(world)
    world.pretend("UPDATE jobs SET completed_at = completed_at - interval '400 days'")
    monkeypatch.setenv("JOB_RETENTION_SECONDS", str(365 * 86400))

    looked = json.loads(call("prune", "--dry-run", "--json").stdout)
    removed = json.loads(call("prune", "--json").stdout)

    assert (1, 1) == (looked["objects"], looked["jobs"])
    assert {**looked, "dry_run": False} == removed
    assert world.one("SELECT count(*) FROM jobs") == 0


def test_the_daemon_has_the_rights_for_it_and_a_job_under_way_keeps_its_history(world: World) -> None:
    daemon, _ = world.daemon(), world.submit()
    age(world, 4000)

    counts = prune.run_once(daemon)

    assert counts["events"] == 0
    assert world.one("SELECT count(*) FROM job_events") == 1
