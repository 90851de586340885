"""erase: asked for once, carried out by the daemon, and told at any time."""

import json

import pytest

from reconciler.loop import prune, requests
from tests.cli.conftest import Call
from tests.cli.test_looking import finish
from tests.database import Databases
from tests.world import USER, World


def test_a_look_changes_nothing_and_an_erasure_is_carried_out_by_the_daemon(world: World, call: Call) -> None:
    done = finish(world)
    world.submit()
    looked = call("erase", USER, "--dry-run").stdout
    assert "2 jobs are there, 1 under way, 0 kept by a hold." in looked.lower()
    assert world.one("SELECT count(*) FROM erasures") == 0

    asked = json.loads(call("erase", USER, "--reason", "asked by letter", "--actor", "maria", "--yes", "--json").stdout)
    again = call("erase", USER).stdout
    world.step(world.daemon(), prune.run_once, requests.run_once, prune.run_once, prune.run_once)
    ended = call("erase", USER, code=3).stderr

    assert (2, "asked by letter", None) == (asked["jobs"], asked["reason"], asked["finished_at"])
    assert "0 removed so far; 2 jobs are there" in again
    assert "2 jobs were removed by" in ended
    assert world.one("SELECT actor FROM erasures") == "maria"
    assert world.one("SELECT count(*) FROM jobs") == 0
    assert world.one("SELECT count(*) FROM job_events WHERE job_id = :job", job=done) == 0


def test_an_operator_may_ask_and_change_nothing_of_it(
    world: World, call: Call, monkeypatch: pytest.MonkeyPatch, databases: Databases
) -> None:
    job = finish(world)
    world.execute("UPDATE jobs SET held_reason = 'a court asked for it'")
    monkeypatch.setenv("DATABASE_URL", databases.login(world.settings["DATABASE_URL"], "reconciler_operator"))

    call("erase", USER, "--reason", "asked by letter", "--yes")
    prune.run_once(world.daemon())

    assert "1 kept by a hold" in call("erase", USER).stdout
    assert world.status(job) == "completed"


def test_the_files_of_a_job_that_are_gone_are_told(world: World, call: Call) -> None:
    job = finish(world)
    world.pretend("UPDATE jobs SET completed_at = completed_at - interval '40 days'")
    prune.run_once(world.daemon(OBJECT_RETENTION_SECONDS="86400"))

    said = call("fetch", job, "--to", "out", code=3).stderr

    assert f"The files of job {job} were removed on" in said
