"""The crash matrix: every point of the registry x what the CLI's calls come to x how the node mounts the folder.

No list says which story passes which point. A daemon carries the points at which nobody has died yet, dies at one that
it comes by, and the next one goes on. What was seen to pass in a story tells which one is played next.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, product
from random import Random
from threading import Condition, Lock

from sqlalchemy.exc import SQLAlchemyError

from reconciler.loop.crashpoints import listing
from tests.crash.ground import Ground, ground_world
from tests.crash.node import MOUNTS
from tests.crash.play import Cast, Play, perform
from tests.crash.stage import OUTCOMES, Scenario

ROUNDS_MAX = 4
"""So often all stories are played without knowing what for: the first time, and where a point is passed by chance."""
FRUITLESS_MAX = 3
"""Plays in which nobody died though there were points to die at: a death changes a story."""
OTHER_SIDE = {"before": "after", "after": "before"}


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

    def strike(self, point: str) -> None:
        with self._lock:
            self._left.discard(point)

    def give_up(self) -> None:
        """Nobody is to die any more."""
        with self._lock:
            self._left.clear()

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


class Repertoire:
    """Which story to play next: the one that passes the most points that are left. Thread-safe."""

    def __init__(self, stories: Sequence[Scenario], roll: Roll, passed: Mapping[str, Collection[str]]) -> None:
        self._stories, self._roll = stories, roll
        self._passed = {story.name: set(passed.get(story.name, ())) for story in stories}
        self._untried = [story for story in stories if not self._passed[story.name]]
        self._rounds = 1 if self._untried else 0
        self._fruitless: dict[str, int] = {}
        self._fresh: dict[str, bool] = {}
        self._plays = Counter[str]()
        self._sought: list[set[str]] = []
        self._turn = Condition()

    def next(self) -> tuple[Scenario, set[str]] | None:
        """The story and the points that it is expected to pass; None where nothing more is to be had.

        Waits while it depends on the plays under way. Each one that is given out is to be given `back`.
        """
        with self._turn:
            while self._roll.left():
                chosen = self._choose()
                if chosen:
                    self._sought.append(chosen[1])
                    return chosen
                if self._sought:
                    self._turn.wait()
                elif not self._begin_round():
                    break
            return None

    def back(self, story: Scenario, sought: set[str], play: Play) -> None:
        """It was played."""
        with self._turn:
            self._sought.remove(sought)
            self._plays[story.name] += 1
            self._passed[story.name] |= play.passed | {_other_side(point) for point in play.deaths}
            self._fresh[story.name] = bool(play.deaths)
            self._fruitless[story.name] = (
                0 if play.deaths and not play.problems else self._fruitless.get(story.name, 0) + 1
            )
            self._turn.notify_all()

    def _choose(self) -> tuple[Scenario, set[str]] | None:
        if self._untried:
            story = self._untried.pop(0)
            return story, self._passed[story.name] & self._roll.left()
        left = self._roll.left()
        # Last, what others seek already: somebody dies at one of several points, and the rest is for the next world.
        return self._choose_for(left.difference(*self._sought)) or self._choose_fresh() or self._choose_for(left)

    def _choose_for(self, points: Collection[str]) -> tuple[Scenario, set[str]] | None:
        """The story that passes the most of them."""
        hopes = [
            (story, self._passed[story.name].intersection(points))
            for story in self._stories
            if self._fruitless.get(story.name, 0) < FRUITLESS_MAX
        ]
        best = max(hopes, key=lambda hope: len(hope[1]), default=None)
        return best if best and best[1] else None

    def _choose_fresh(self) -> tuple[Scenario, set[str]] | None:
        """A story in which somebody died last time: what would have come after that has not been seen.

        What is left is rare: those that were played less come first, then those with the most points of their own.
        """
        fresh = [story for story in self._stories if self._fresh.get(story.name)]
        if not fresh:
            return None
        known = Counter(point for passed in self._passed.values() for point in passed)

        def promise(story: Scenario) -> tuple[int, int]:
            return -self._plays[story.name], sum(known[point] == 1 for point in self._passed[story.name])

        chosen = max(fresh, key=promise)
        self._fresh[chosen.name] = False
        return chosen, set()

    def _begin_round(self) -> bool:
        """Where no story is known to pass what is left, any of them may."""
        self._rounds += 1
        self._untried, self._fruitless = list(self._stories), {}
        return self._rounds <= ROUNDS_MAX


def _other_side(point: str) -> str:
    """Whoever died before a step might have died after it."""
    step, _, when = point.rpartition(".")
    return f"{step}.{OTHER_SIDE[when]}"


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """The deaths of one column."""

    ground: Ground
    column: Column
    seed: int
    deaths_max: int
    told: Callable[[Played], None]
    passed: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Points that stories passed when they were played before."""
    numbers: "count[int]" = field(default_factory=count)

    def wage(self, stories: Sequence[Scenario], roll: Roll, at_once: int) -> None:
        """Play the stories, in an order that the seed chooses, until somebody died at every point of the roll."""
        repertoire = Repertoire(Random(self.seed).sample(list(stories), len(stories)), roll, self.passed)
        with ThreadPoolExecutor(at_once) as pool:
            try:
                list(pool.map(lambda _: self._play_on(repertoire, roll), range(at_once)))
            except BaseException:
                # The worlds that are being played come to their end.
                roll.give_up()
                raise

    def _play_on(self, repertoire: Repertoire, roll: Roll) -> None:
        while chosen := repertoire.next():
            story, sought = chosen
            play = Play()
            try:
                play = self._play(story, roll)
            finally:
                repertoire.back(story, sought, play)

    def _play(self, story: Scenario, roll: Roll) -> Play:
        chosen = Random(f"{self.seed} {self.column.name} {story.name} {next(self.numbers)}")
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
