"""A login of role operator: it runs the place, and reads neither names nor texts of documents."""

import json
from uuid import UUID

import pytest
from sqlalchemy import make_url

from reconciler.loop import collect, dispatch, watch
from tests.cli.conftest import Call
from tests.database import Databases
from tests.world import World


@pytest.fixture
def finished(world: World, monkeypatch: pytest.MonkeyPatch, databases: Databases) -> UUID:
    """A document that is done; from here on the commands log in as an operator."""
    daemon, job = world.daemon(), world.submit("a name of somebody.png")
    world.step(daemon, dispatch.run_once)
    world.work()
    world.step(daemon, watch.run_once, collect.run_once)
    url = make_url(world.settings["DATABASE_URL"]).render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", databases.login(url, "reconciler_operator"))
    return job


def test_an_operator_looks_at_everything_but_names_and_texts(world: World, call: Call, finished: UUID) -> None:
    waiting = world.submit("another name.png")

    said = [call(*words).output for words in (("status",), ("jobs",), ("runs",), ("why", waiting), ("job", finished))]
    told = json.loads(call("job", finished, "--json").output)

    assert told["document"]["portal_outputs"]["width"] == 60
    assert told["events"]
    for text in (*said, json.dumps(told)):
        assert "somebody" not in text
        assert "SPECIMEN" not in text
    assert not {"original_filename", "raw_path", "options"} & set(told["job"])


def test_an_operator_acts_on_jobs_and_runs(world: World, call: Call, finished: UUID) -> None:
    call("rerun", finished, "--reason", "looked wrong")
    assert world.one("SELECT rerun_requested FROM jobs") is True

    call("hold", world.submit(), "--reason", "wait")
    call("release", "--held", "--yes", "--reason", "go on")
    assert world.one("SELECT count(*) FROM jobs WHERE held_reason IS NOT NULL") == 0


@pytest.mark.parametrize("words", [("run-log", "run"), ("fetch", "job", "--to", "out")], ids=lambda words: words[0])
def test_what_holds_texts_is_refused_in_one_line(
    world: World, call: Call, finished: UUID, words: tuple[str, ...]
) -> None:
    ids = {"job": str(finished), "run": str(world.one("SELECT id FROM camber_runs"))}

    said = call(*(ids.get(word, word) for word in words), code=5).stderr

    assert said.startswith("This login may not do it: ")
    assert said.count("\n") == 1
