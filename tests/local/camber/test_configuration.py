"""The knobs, and how the emulator refuses what it does not know."""

import json
import sqlite3
from contextlib import closing

import pytest

from reconciler.local.camber import pace
from reconciler.local.camber.config import Config
from reconciler.local.camber.ledger import SCHEMA_VERSIONS
from tests.local.camber.tool import Tool


def test_the_environment_is_read_once(tool: Tool) -> None:
    tool.run("version", CAMBER_LOCAL_CONCURRENCY="6", CAMBER_LOCAL_SEED="7")
    tool.run("version", CAMBER_LOCAL_CONCURRENCY="5", CAMBER_LOCAL_PROFILE="real")
    config = json.loads((tool.home / "config.json").read_text())

    assert (config["concurrency"], config["seed"], config["profile"]) == (6, 7, "instant")


def test_configure_keeps_what_it_was_not_given(tool: Tool) -> None:
    tool.configure(concurrency=5)
    tool.configure(profile="fast")
    config = json.loads((tool.home / "config.json").read_text())

    assert (config["concurrency"], config["profile"]) == (5, "fast")


@pytest.mark.parametrize(
    "arguments",
    [["--profile=slow"], ["--concurrency=0"], ["--times-faster=0"], ["--banner=maybe"], ["--unheard-of=1"], ["word"]],
)
def test_a_knob_that_cannot_be_is_refused(tool: Tool, arguments: list[str]) -> None:
    failed = tool.run("emulator", "configure", *arguments)

    assert failed.returncode == 2
    assert failed.stderr.startswith(b"camber-local: ")


def test_the_first_id_follows_from_the_seed(tool: Tool) -> None:
    first = tool.create("true")
    other = Tool(home=tool.home / "other", environ={**tool.environ, "CAMBER_LOCAL_IDLE_SECONDS": "0"})

    assert 10_000 <= first < 100_000
    assert other.create("true") == first
    other.out("emulator", "stop")
    third = Tool(home=tool.home / "third", environ={**tool.environ, "CAMBER_LOCAL_SEED": "2"})
    assert third.create("true") != first
    third.out("emulator", "stop")


def test_a_shortened_profile_takes_that_share_of_every_time() -> None:
    config = Config(node_environment={}, accounts={}, profile="real")
    real, short = pace.of(config), pace.of(config._replace(times_faster=4))

    assert (short.create, short.queue) == ((real.create[0] / 4, real.create[1] / 4), (0.75, 2.0))
    assert (short.finish_quantum, pace.PROFILES["real"]) == (1.25, real)


def test_a_ledger_of_the_first_version_is_taken_over(tool: Tool) -> None:
    """A home may be older than the emulator that opens it."""
    tool.out("version")
    with closing(sqlite3.connect(tool.home / "jobs.sqlite3")) as database:
        database.executescript(SCHEMA_VERSIONS[0])
        database.executescript(
            "PRAGMA user_version = 1; INSERT INTO counter VALUES (20000);"
            "INSERT INTO jobs VALUES (20000, 'local', x'74727565', 'mpi', 'small', 0, 1, 'old', 'PENDING',"
            " 1.0, 1.0, NULL, NULL, NULL, NULL, NULL)"
        )
        database.commit()

    assert tool.listed() == [20_000]
    assert tool.create("true") > 20_000
    assert tool.finished(20_000) == "COMPLETED"
