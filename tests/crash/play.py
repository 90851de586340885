"""One performance: daemons that die one after the other, and one more that ends what they began."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

from reconciler.cli.refusal import AWAY
from reconciler.logs import Event
from tests import invariants
from tests.crash import nursery
from tests.crash.nursery import Fuse
from tests.crash.stage import HASTE, OUTCOMES, Scenario, Stage, set_faults

LIFE_SECONDS_MAX = 900.0
"""Far more than any life takes on a machine that has other things to do."""
LOOK_SECONDS = 0.1
STARTS_MAX = 30
"""A daemon that finds no database does not start; whoever starts daemons starts it again."""


@dataclass(frozen=True, kw_only=True)
class Cast:
    """What the play is about: which points are wanted, how many deaths, what the CLI's calls come to."""

    wanted: Callable[[], frozenset[str]]
    fell: Callable[[str], object]
    """Told of each death."""
    deaths_max: int
    outcome: str = "ok"
    seed: int = 0
    mercy: float = 0.0
    """How likely it is that a daemon survives a wanted point."""


@dataclass(kw_only=True)
class Play:
    """What came of it."""

    deaths: list[str] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)
    """Points at which somebody may die in this story."""
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    recovery_seconds: float = 0.0
    camber_jobs: int = 0
    duplicates: int = 0


def perform(scenario: Scenario, stage: Stage, cast: Cast) -> Play:
    """Play it with daemons that die at wanted points, one after the other, and with one that lives to the end."""
    play, begun = Play(), time.monotonic()
    stage.world.settings |= HASTE | {"CAMBER_BIN": str(stage.world.home / "camber")}
    with stage.world.engine.begin() as connection:
        invariants.watch(connection)
    stage.world.fault()
    scenario.begin(stage)
    if scenario.prelude:
        _play_prelude(scenario.prelude, stage, play)
    stage.world.settings |= dict(scenario.settings)
    stage.memory["faults"] = OUTCOMES[cast.outcome] | dict(scenario.faults)
    set_faults(stage)
    _lives(scenario, stage, cast, play)
    _judge(scenario, stage, play)
    play.seconds = time.monotonic() - begun
    return play


def _play_prelude(point: str, stage: Stage, play: Play) -> None:
    prelude = Play()
    _live(stage, Scenario(name="prelude", begin=lambda _: None), _fuse(stage, frozenset({point})), prelude)
    play.problems += prelude.problems
    if prelude.deaths != [point]:
        play.problems.append(f"the prelude did not die at {point}")


def _lives(scenario: Scenario, stage: Stage, cast: Cast, play: Play) -> None:
    """Daemons that may die, until one has lived to the end of the story, or enough have died."""
    lived = False
    while not lived and not play.problems and len(play.deaths) < cast.deaths_max and (wanted := cast.wanted()):
        fuse = _fuse(stage, wanted, cast.mercy, cast.seed)
        lived = _live(stage, scenario, fuse, play, scenario.first) == 0
        if not lived and play.deaths:
            cast.fell(play.deaths[-1])
    if not lived or scenario.first:
        _live_to_the_end(scenario, stage, play)


def _live_to_the_end(scenario: Scenario, stage: Stage, play: Play) -> None:
    begun, code, last = time.monotonic(), None, Play()
    for _ in range(STARTS_MAX):
        code = _live(stage, scenario, _fuse(stage, frozenset()), last)
        if code != AWAY:
            break
    play.problems += last.problems
    if code != 0:
        play.problems.append(f"the last daemon ended with {code}")
    if not scenario.first:
        # What others might have passed too, had they lived.
        play.passed |= last.passed
    play.recovery_seconds = time.monotonic() - begun


def _judge(scenario: Scenario, stage: Stage, play: Play) -> None:
    play.problems += stage.broken([*invariants.ALWAYS, *invariants.AT_REST]) + stage.beside()
    play.camber_jobs = len(stage.world.camber_jobs())
    play.duplicates = int(stage.world.one("SELECT count(*) FROM camber_sightings WHERE role = 'duplicate'"))
    if play.duplicates > scenario.extra_camber_jobs:
        play.problems.append(f"{play.duplicates} duplicates, {scenario.extra_camber_jobs} of them planted")


def _fuse(stage: Stage, deadly: frozenset[str], mercy: float = 0.0, seed: int = 0) -> Fuse:
    stage.memory["lives"] = number = stage.memory.get("lives", 0) + 1
    return Fuse(diary=stage.world.home / f"diary {number}", deadly=deadly, mercy=mercy, seed=1000 * seed + number)


def _live(
    stage: Stage, scenario: Scenario, fuse: Fuse, play: Play, settings: Mapping[str, str] | None = None
) -> int | None:
    """One daemon's life, to its death or until the story is over: then it is told to stop. Returns its exit code."""
    daemon = _start(stage, settings or {}, fuse)
    over = scenario.enough if settings and scenario.enough else scenario.over
    if not _until(stage, scenario, daemon, lambda: _started(stage) and over(stage)):
        play.problems.append("it did not come to rest")
    if daemon.is_alive():
        with suppress(ProcessLookupError):
            os.kill(daemon.pid or 0, signal.SIGTERM)
        daemon.join(LIFE_SECONDS_MAX)
    if daemon.is_alive():
        play.problems.append("it did not stop")
        daemon.kill()
        daemon.join(LIFE_SECONDS_MAX)
    _bury(stage, fuse, daemon.exitcode, play)
    return daemon.exitcode


def _bury(stage: Stage, fuse: Fuse, code: int | None, play: Play) -> None:
    """A death counts where the daemon named its point and SIGKILL ended it."""
    play.passed |= set(fuse.passed())
    death = fuse.death()
    if death is not None and code == -signal.SIGKILL:
        play.deaths.append(death)
        play.problems += [f"after the death at {death}: {line}" for line in stage.broken(invariants.ALWAYS)]
        if stage.memory.get("hurried", True):
            stage.end_leases()
    elif code not in (0, AWAY):
        play.problems.append(f"a daemon ended with {code}")


def _until(stage: Stage, scenario: Scenario, daemon: BaseProcess, reached: Callable[[], bool]) -> bool:
    """Let the world go on until the daemon is dead or something is reached; false where neither comes."""
    deadline = time.monotonic() + LIFE_SECONDS_MAX
    while daemon.is_alive() and not reached():
        if time.monotonic() > deadline:
            return False
        scenario.tick(stage)
        stage.node.look()
        if stage.memory.get("hurried", True):
            stage.hurry()
        daemon.join(LOOK_SECONDS)
    return True


def _start(stage: Stage, more: Mapping[str, str], fuse: Fuse) -> BaseProcess:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = kept | stage.world.settings | {"DATABASE_URL": stage.world.daemon_url} | dict(more)
    stage.memory["log"] = _log_length(stage)
    return nursery.start(environment, stage.world.home, fuse)


def _log_length(stage: Stage) -> int:
    log = stage.world.home / "log"
    return log.stat().st_size if log.exists() else 0


def _started(stage: Stage) -> bool:
    """Whether it has learnt to drain: before, SIGTERM just ends it."""
    log = stage.world.home / "log"
    if not log.exists():
        return False
    with log.open("rb") as lines:
        lines.seek(stage.memory["log"])
        return str(Event.DAEMON_STARTED).encode() in lines.read()
