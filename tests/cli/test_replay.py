"""Kept answers, read again: what changed, what did not, and what cannot be told."""

import json
import subprocess
import zlib
from typing import Any

import pytest

from reconciler.camber.replay import KeptCall, NotReplayable, Replayed, replay
from reconciler.domain.observations import Created
from reconciler.loop import dispatch, watch
from tests.cli.test_commands import PROGRAM, reconciler
from tests.world import World


def kept(outcome: str = "created", **changes: Any) -> KeptCall:
    text = b"Job created successfully.\nStatus: Submitted\nJob ID: 27649\n"
    given: dict[str, Any] = {"kind": "job create", "argv": ("camber", "job", "create"), "exit_code": 0, "cut": False}
    given |= {"stdout": zlib.compress(text), "stderr": zlib.compress(b""), "outcome": outcome}
    return KeptCall(**(given | changes))


def test_what_is_read_as_before_has_not_changed() -> None:
    assert replay(kept()) == Replayed("created", Created(27649), changed=False)


def test_what_an_older_parser_read_differently_has_changed() -> None:
    assert replay(kept("unknown")) == Replayed("created", Created(27649), changed=True)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "engine list"}, "no parser"),
        ({"kind": "job get", "argv": ("camber", "job", "get", "x")}, "no parser"),
        ({"exit_code": None}, "own end"),
        ({"stdout": None}, "hashes"),
        ({"stderr": None}, "hashes"),
        ({"cut": True}, "cut"),
        ({"stdout": b"no zlib"}, "damaged"),
        ({"stdout": zlib.compress(b"a" * 1000)[:-5]}, "damaged"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_read_again_says_why(changes: dict[str, Any], reason: str) -> None:
    result = replay(kept(**changes))

    assert isinstance(result, NotReplayable)
    assert reason in result.reason


def test_the_command_tells_what_would_change(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.step(daemon, watch.run_once)
    same = reconciler(world, "replay")
    world.execute("UPDATE cli_calls SET outcome = 'unknown' WHERE kind = 'job create'")
    other = reconciler(world, "replay", "--since", "1h", "--json")
    records = {record["kind"]: record for record in json.loads(other.stdout)}
    call = records["job create"]
    one = reconciler(world, "replay", "--call", call["id"])

    assert (0, 1, 1) == (same.returncode, other.returncode, one.returncode), same.stderr
    assert " 0 change, " in same.stdout
    assert ("unknown", "created", True) == (call["outcome"], call["now"], call["changed"])
    assert "27650" in call["read"]
    assert records["me"]["changed"] is False
    assert "1 calls: 0 read as before, 1 change, 0 not replayable" in one.stdout


def test_a_call_of_which_a_hash_was_kept_is_not_replayable(world: World) -> None:
    world.step(world.daemon(), dispatch.run_once)
    world.submit()
    world.step(world.daemons[0], dispatch.run_once)
    world.execute("UPDATE cli_calls SET decided = false, stdout = NULL, stderr = NULL")
    done = reconciler(world, "replay")

    assert done.returncode == 0
    assert "not replayable: it decided nothing, so only hashes were kept" in done.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--since", "soon"), 2),
        (("--call", "x"), 2),
        (("--call", "11111111-1111-4111-8111-111111111111"), 3),
    ],
    ids=["since", "call", "missing"],
)
def test_a_wrong_word_is_one_line(world: World, words: tuple[str, str], code: int) -> None:
    done = reconciler(world, "replay", *words)

    assert (code, "") == (done.returncode, done.stdout)
    assert done.stderr.count("\n") == 1


def test_it_needs_no_setting_but_the_database(world: World) -> None:
    """It only looks: no key of Camber's or of the store has to be at hand."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(world.home), "DATABASE_URL": world.settings["DATABASE_URL"]}
    done = subprocess.run([PROGRAM, "replay"], env=environment, cwd=world.home, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"0 calls")
