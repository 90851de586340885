"""The experiment that others fail: `kill -9` between Camber's create and the commit of its reply, again and again.

Nothing is hurried here: leases run out and launches are decided in their own time, which is what is measured.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from tests.crash.ground import Ground, ground_world
from tests.crash.play import Cast, Play, perform
from tests.crash.stage import Scenario, Stage

WINDOW = frozenset(
    f"dispatch.{step}" for step in ("start_launch.after", "create.before", "create.after", "write_created.before")
)
MERCY = 0.93
"""A daemon survives about four creates."""
UNDECIDED = "SELECT string_agg(id::text, ' ') FROM camber_runs WHERE state IN ('planned', 'launching', 'unknown')"
LIMITS = {"RUN_SLOTS": "6", "BATCH_MAX": "1", "SWEEP_SECONDS": "5", "PRUNE_SECONDS": "300", "QUEUE_SECONDS": "120"}


@dataclass(kw_only=True)
class Window:
    """What came of it."""

    documents: int
    play: Play = field(default_factory=Play)
    lost: int = 0
    normal_seconds: list[float] = field(default_factory=list)
    """From the death that left a launch undecided until it was decided, for each of them."""

    def told(self) -> str:
        """The figures in a line each."""
        times = self.normal_seconds or [0.0]
        return (
            f"{self.documents} documents, {len(self.play.deaths)} deaths in the create window,"
            f" {self.play.camber_jobs} Camber jobs\nduplicates {self.play.duplicates}, lost {self.lost}\n"
            f"until normal: median {median(times):.1f} s, at most {max(times):.1f} s,"
            f" over {len(times)} launches that were left undecided\n"
        )


def die_in_the_window(
    ground: Ground, documents: int, deaths_max: int, seed: int, told: Callable[[str], object]
) -> Window:
    """Turn so many documents into results while one daemon after the other dies in the create window."""
    window, open_since = Window(documents=documents), dict[str, float]()

    def begin(stage: Stage) -> None:
        stage.memory["hurried"] = False
        for _ in range(documents):
            stage.world.submit()

    def fell(point: str) -> None:
        died = time.monotonic()
        done = stage.world.one("SELECT count(*) FROM documents")
        told(f"died at {point}; {done} of {documents} are done")
        for run in _undecided(stage):
            open_since.setdefault(run, died)

    def look(stage: Stage) -> None:
        still = _undecided(stage) if open_since else set()
        decided = [open_since.pop(run) for run in list(open_since) if run not in still]
        window.normal_seconds += [time.monotonic() - since for since in decided]

    scenario = Scenario(name="create window", begin=begin, tick=look, settings=LIMITS)
    cast = Cast(wanted=lambda: WINDOW, fell=fell, deaths_max=deaths_max, seed=seed, mercy=MERCY)
    with ground_world(ground, scenario, "live") as stage:
        window.play = perform(scenario, stage, cast)
        window.lost = documents - int(stage.world.one("SELECT count(*) FROM documents"))
    return window


def _undecided(stage: Stage) -> set[str]:
    """The runs of which nobody knows whether they were created, unless a living daemon is just about to know."""
    return set(str(stage.world.one(UNDECIDED) or "").split())
