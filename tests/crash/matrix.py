"""The crash matrix: every point of the registry x what the CLI's calls come to x how the node mounts the folder.

No list says which story passes which point. A daemon carries the points at which nobody has died yet, dies at one that
it comes by, and the next one goes on; a story is played again for as long as it passes points that are left.
"""

import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from random import Random
from threading import Lock

from sqlalchemy.exc import SQLAlchemyError

from reconciler.loop.crashpoints import listing
from tests.crash.ground import Ground, ground_world
from tests.crash.node import MOUNTS
from tests.crash.play import Cast, Play, perform
from tests.crash.stage import OUTCOMES, Scenario

ROUNDS_MAX = 20
REPLAYS_MAX = 60
"""Of one story; each brings some deaths, or it was the last."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """What the CLI's calls come to, and how the node mounts the folder; None where the seed chooses for each world."""

    outcome: str | None = None
    mount: str | None = None

    @property
    def name(self) -> str:
        return f"{self.outcome or 'seeded'} {self.mount or 'seeded'}"


COLUMNS = [Column(outcome=outcome, mount=mount) for outcome, mount in product(OUTCOMES, MOUNTS)]


class Roll:
    """The points at which somebody is still to die. Thread-safe."""

    def __init__(self, points: Iterable[str] | None = None) -> None:
        self._all = frozenset(listing() if points is None else points)
        self._left, self._lock = set(self._all), Lock()

    def left(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._left)

    @classmethod
    def of_steps(cls, seed: int) -> "Roll":
        """Every step of every duty once: before it or after it, as the seed chooses."""
        chosen = Random(seed)
        steps = dict.fromkeys(point.rpartition(".")[0] for point in listing())
        return cls(f"{step}.{chosen.choice(('before', 'after'))}" for step in steps)

    def strike(self, point: str) -> None:
        with self._lock:
            self._left.discard(point)

    def restore(self, points: Collection[str]) -> None:
        """Those deaths do not count: their world ended badly."""
        with self._lock:
            self._left |= set(points) & self._all


@dataclass(kw_only=True)
class Played:
    """One world of the matrix, and what came of it."""

    column: str
    story: str
    outcome: str
    mount: str
    play: Play = field(default_factory=Play)


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """The deaths of one column."""

    ground: Ground
    column: Column
    seed: int
    deaths_max: int
    told: Callable[[Played], None]

    def wage(self, stories: Sequence[Scenario], roll: Roll, at_once: int) -> None:
        """Play the stories, in an order that the seed chooses, until somebody died at every point of the roll.

        A death changes the story, so another point may come up when it is played again: only a story that nobody died
        in has nothing more to offer.
        """
        left = Random(self.seed).sample(list(stories), len(stories))
        with ThreadPoolExecutor(at_once) as pool:
            for number in range(ROUNDS_MAX):
                died = pool.map(lambda story, number=number: self._exhaust(story, roll, number), left)
                left = [story for story, deaths in zip(left, list(died), strict=True) if deaths]

    def _exhaust(self, story: Scenario, roll: Roll, round_: int) -> int:
        """Play it again and again while it passes points that are left; returns how many died."""
        deaths = 0
        for number in range(REPLAYS_MAX):
            if not roll.left():
                break
            play = self._play(story, roll, REPLAYS_MAX * round_ + number)
            deaths += len(play.deaths)
            if play.problems or not (play.deaths and play.passed & roll.left()):
                break
        return deaths

    def _play(self, story: Scenario, roll: Roll, number: int) -> Play:
        chosen = Random(f"{self.seed} {self.column.name} {story.name} {number}")
        outcome = self.column.outcome or chosen.choice(list(OUTCOMES))
        mount = self.column.mount or chosen.choice(MOUNTS)
        cast = Cast(wanted=roll.left, fell=roll.strike, deaths_max=self.deaths_max, outcome=outcome)
        played = Played(column=self.column.name, story=story.name, outcome=outcome, mount=mount)
        played.play = play_one(self.ground, story, cast, mount)
        if played.play.problems:
            roll.restore(played.play.deaths)
        self.told(played)
        return played.play


def play_one(ground: Ground, scenario: Scenario, cast: Cast, mount: str) -> Play:
    """Play the scenario in a world of its own, which is kept where something was wrong."""
    try:
        with ground_world(ground, scenario, mount) as stage:
            play = perform(scenario, stage, cast)
    except (SQLAlchemyError, OSError) as error:
        # The stage broke, not the daemon: that is told, and the other worlds go on.
        return Play(problems=[f"the stage broke: {type(error).__name__}: {error}"[:300]])
    if play.problems:
        play.problems.append(f"kept in {stage.world.home}")
    else:
        shutil.rmtree(stage.world.home)
    return play
