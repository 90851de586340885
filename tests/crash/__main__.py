"""make crash: the whole matrix. What was played stands in a file, so that a run that was stopped goes on."""

import argparse
import json
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any

from reconciler.local.object_store import running_object_store
from reconciler.loop.crashpoints import listing
from tests.crash.ground import Ground
from tests.crash.matrix import COLUMNS, Campaign, Column, Played, Roll
from tests.crash.scenarios import LISTED
from tests.crash.window import die_in_the_window
from tests.database import Databases, running_server

FOLDER = Path(os.environ.get("CRASH_FOLDER", ".rythmiq/crash"))
BOOK = FOLDER / "played.jsonl"


def main() -> int:
    """Play what was asked for; returns 1 where an invariant was broken or a point was not reached."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    FOLDER.mkdir(parents=True, exist_ok=True)
    if asked.again:
        BOOK.unlink(missing_ok=True)
    columns = [Column()] if asked.seeded else [one for one in COLUMNS if asked.column in one.name]
    with _ground() as ground:
        if asked.create_window:
            return _window(ground, asked.create_window, asked.seed)
        for column in columns:
            _play(ground, column, asked)
    return _table(columns, [point for point in listing() if asked.only in point], asked.seed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="chooses where in a story daemons die")
    parser.add_argument("--seeded", action="store_true", help="every point once, as in make test")
    parser.add_argument("--column", default="", help="only columns that hold this text, such as 'hang' or 'late live'")
    parser.add_argument("--only", default="", help="only points whose name holds this text, such as 'create'")
    parser.add_argument("--story", default="", help="only stories whose name holds this text")
    parser.add_argument("--deaths", type=int, default=20, help="deaths in one world at most")
    parser.add_argument("--at-once", type=int, default=4, help="so many worlds at a time")
    parser.add_argument(
        "--create-window", type=int, default=0, metavar="N", help="only die around create, over so many documents"
    )
    parser.add_argument("--again", action="store_true", help="forget what was played before")
    return parser.parse_args()


@contextmanager
def _ground() -> Iterator[Ground]:
    with running_server(FOLDER / "postgres") as server, running_object_store(FOLDER / "objects") as store:
        databases = Databases(server)
        try:
            with databases.migrated_template() as template:
                worlds = FOLDER / "worlds"
                worlds.mkdir(exist_ok=True)
                yield Ground(databases=databases, template=template, store=store, folder=worlds.resolve())
        finally:
            databases.close()


def _window(ground: Ground, documents: int, seed: int) -> int:
    def told(line: str) -> None:
        sys.stderr.write(f"{line}\n")

    window = die_in_the_window(ground, documents, documents, seed, told)
    sys.stdout.write(window.told())
    sys.stdout.writelines(f"{problem}\n" for problem in window.play.problems)
    return bool(window.play.problems or window.lost)


def _book() -> list[dict[str, Any]]:
    return [json.loads(line) for line in BOOK.read_text().splitlines()] if BOOK.exists() else []


def _died_at(column: Column, seed: int) -> set[str]:
    """The points at which somebody died in a world that then ended well."""
    worlds = [one for one in _book() if (one["column"], one["seed"]) == (column.name, seed) and not one["problems"]]
    return {point for one in worlds for point in one["deaths"]}


def _passed() -> dict[str, set[str]]:
    """What stories were seen to pass, whatever the CLI answered."""
    passed = defaultdict[str, set[str]](set)
    for one in _book():
        passed[one["story"]].update(one["passed"])
    return passed


def _play(ground: Ground, column: Column, asked: argparse.Namespace) -> None:
    wanted = [point for point in listing() if asked.only in point and point not in _died_at(column, asked.seed)]
    roll, lock, begun, worlds = Roll(wanted), Lock(), time.monotonic(), Counter[str]()

    def told(one: Played) -> None:
        line = {"seed": asked.seed, "column": one.column, "story": one.story, "outcome": one.outcome}
        line |= {"mount": one.mount, **asdict(one.play), "passed": sorted(one.play.passed)}
        with lock, BOOK.open("a") as out:
            out.write(json.dumps(line) + "\n")
            worlds["played"] += 1
            minutes = (time.monotonic() - begun) / 60
            sys.stderr.write(
                f"{column.name}: {len(wanted) - len(roll.left())}/{len(wanted)} points, {worlds['played']} worlds,"
                f" {minutes:.1f} min; last: {one.story}, {len(one.play.deaths)} deaths, {one.play.seconds:.0f} s\n"
            )
            sys.stderr.writelines(f"  {problem}\n" for problem in one.play.problems)

    stories = [story for story in LISTED if asked.story in story.name]
    Campaign(ground=ground, column=column, seed=asked.seed, deaths_max=asked.deaths, told=told, passed=_passed()).wage(
        stories, roll, asked.at_once
    )


def _table(columns: list[Column], points: list[str], seed: int) -> int:
    """What stands in the book, column by column; 1 where a point is missing or a world ended badly."""
    bad, book = 0, [one for one in _book() if one["seed"] == seed]
    sys.stdout.write(f"\n{'column':22}{'points':>9}{'worlds':>8}{'deaths':>8}{'Camber jobs':>13}{'broken':>8}\n")
    for column in columns:
        worlds = [one for one in book if one["column"] == column.name]
        missed = sorted(set(points) - _died_at(column, seed))
        broken = sum(bool(one["problems"]) for one in worlds)
        deaths, jobs = (sum(len(one["deaths"]) for one in worlds), sum(one["camber_jobs"] for one in worlds))
        reached = f"{len(points) - len(missed)}/{len(points)}"
        sys.stdout.write(f"{column.name:22}{reached:>9}{len(worlds):8}{deaths:8}{jobs:13}{broken:8}\n")
        sys.stdout.writelines(f"  nobody died at {point}\n" for point in missed)
        bad += bool(missed) + broken
    return bool(bad)


if __name__ == "__main__":
    raise SystemExit(main())
