"""Every commit and every outside call of the duties is a named point at which the process can be killed."""

import ast
import inspect
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.camber.client import CamberClient
from reconciler.loop import crashpoints, prune, sweep
from reconciler.loop.crashpoints import NoSuchPoint, arm, listing, observe
from reconciler.loop.doors import CamberDoor, StoreDoor
from reconciler.objects.store import ObjectStore
from tests.fake_camber import FIRST_ID
from tests.loop.test_daemon import running_daemon, until
from tests.world import World

ROOM = Path(crashpoints.__file__).parent
CALLS_NOBODY = {
    "create_seconds_max",
    *("version", "apps", "make_folder", "download", "exists", "entries"),
    *("presign_get", "presign_put", "put_file", "ensure_bucket", "close"),
}
"""What goes to nobody, or is for commands and not for duties."""


@pytest.fixture
def passed() -> Iterator[list[str]]:
    """Every point that is passed."""
    points: list[str] = []
    observe(points.append)
    yield points
    observe(None)


def sources() -> list[tuple[str, ast.AST]]:
    return [(path.name, ast.parse(path.read_text())) for path in sorted(ROOM.glob("*.py"))]


def test_nobody_in_the_loop_opens_a_transaction_by_another_way() -> None:
    others = [
        f"{name}:{node.lineno}"
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("begin", "commit") and name != "crashpoints.py"
    ]

    assert others == []


def test_every_transaction_is_named_by_a_step_of_the_registry() -> None:
    steps = {step for steps in crashpoints.POINTS.values() for step in steps}
    named = [
        (f"{name}:{node.lineno}", node.args[-1])
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and _called(node) in ("transaction", "passing", "storing", "conclude")
        and name != "context.py"
        # They hand on the step that they were given.
        and not (
            name in ("doors.py", "settle.py") and isinstance(node.args[-1], ast.Name) and node.args[-1].id == "step"
        )
    ]

    assert len(named) > 40
    unnamed = [where for where, step in named if not (isinstance(step, ast.Constant) and step.value in steps)]
    assert unnamed == []


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


@pytest.mark.parametrize(("door", "house"), [(CamberDoor, CamberClient), (StoreDoor, ObjectStore)])
def test_every_outside_call_goes_through_a_door(door: type, house: type) -> None:
    public = {name for name, _ in inspect.getmembers(house) if not name.startswith("_")}

    assert public - CALLS_NOBODY <= set(vars(door))


def test_what_a_document_passes_on_its_way_stands_in_the_registry(world: World, passed: list[str]) -> None:
    daemon = world.daemon(STASH_RETENTION_SECONDS="0.001")
    world.submit()
    world.step(daemon)
    world.work()
    world.step(daemon)
    world.execute("UPDATE jobs SET rerun_requested = true")
    world.fault(job_create="exit-1")
    world.step(daemon)
    world.fault()
    world.step(daemon)
    world.step(daemon, sweep.run_once, prune.run_once)

    assert set(passed) <= set(listing())
    assert {"dispatch.create.before", "dispatch.write_created.after", "watch.get.after"} <= set(passed)
    assert {"collect.finish.before", "repair.adopt.after", "requests.carry_out.after"} <= set(passed)
    assert {"prune.remove.after", "prune.delete_object.after", "sweep.list.before"} <= set(passed)


@pytest.mark.parametrize("wanted", ["", "dispatch.create", "dispatch.create.before:0", "dispatch.create.before:1:hug"])
def test_a_point_that_is_none_is_refused(wanted: str) -> None:
    with pytest.raises(NoSuchPoint):
        arm(wanted)


PASSES_IN_A_THREAD = """
import os, threading
from reconciler.loop import crashpoints
crashpoints.arm("nobody.trip.before:1:stop")
def act():
    crashpoints.reach("trip", "before")
    os.write(1, b"went on")
thread = threading.Thread(target=act)
thread.start()
while thread.is_alive():
    pass
"""


def test_nothing_is_done_beyond_a_point_at_which_the_process_is_stopped() -> None:
    for _ in range(10):
        with subprocess.Popen([sys.executable, "-c", PASSES_IN_A_THREAD], stdout=subprocess.PIPE) as process:
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            process.kill()
            done, _ = process.communicate()
        assert (os.WIFSTOPPED(status), done) == (True, b"")


def test_points_have_one_name_each() -> None:
    assert len(listing()) == len(set(listing()))


@pytest.mark.parametrize("point", ["dispatch.create.before", "dispatch.create.after", "dispatch.write_created.after"])
def test_a_daemon_dies_at_its_point_and_the_next_one_finishes_the_work(world: World, point: str) -> None:
    quick = {"SETTLE_SECONDS": "2", "CREATE_LIMIT_SECONDS": "1", "START_LIMIT_SECONDS": "1", "POLL_MAX_SECONDS": "1"}
    job = world.submit()
    with running_daemon(world, **quick, RECONCILER_CRASH_POINT=point) as first:
        assert first.wait(60) == -signal.SIGKILL
    created = len(world.camber_jobs())
    assert created == (0 if point == "dispatch.create.before" else 1)

    with running_daemon(world, **quick):
        until(
            lambda: (
                len(world.camber_jobs()) == 1
                and world.one("SELECT count(*) FROM camber_runs WHERE camber_job_id IS NOT NULL") == 1
            )
        )
        world.work()
        until(lambda: world.status(job) == "completed")

    assert world.camber_jobs() == [FIRST_ID]


def test_a_daemon_refuses_a_point_that_is_none(world: World) -> None:
    with running_daemon(world, RECONCILER_CRASH_POINT="nowhere") as daemon:
        _, said = daemon.communicate(timeout=60)

    assert daemon.returncode == 2
    assert "there is no point 'nowhere'" in said
