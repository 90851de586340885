"""Runs on a time line as shapes: one row a run, launched, queued, running, gathered; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from reconciler.domain.times import ago

WIDTH = 1000
"""The bars alone, stretched to the width there is."""
PIECE_MIN = 3.0
"""Shorter pieces could not be seen."""
TICKS = 6
DAY_SECONDS = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One part of a run's life; its kind is its class in the style sheet."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One run."""

    run_id: Any
    state: str
    title: str
    outcome: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All of them, ready to be drawn."""

    lanes: tuple[Lane, ...]
    ticks: tuple[str, ...]
    """The times at which equal parts of it begin."""


def timeline(rows: Sequence[Mapping[str, Any]], seconds: float) -> Timeline:
    """The runs on a line of that many seconds that ends now."""
    ticks = _ticks(rows[0]["now"], seconds) if rows else ()
    return Timeline(lanes=tuple(_lane(row, seconds) for row in rows), ticks=ticks)


def outcome(row: Mapping[str, Any]) -> str:
    """How the run went, as far as it got."""
    if row["state"] in ("held", "unknown"):
        return "trouble"
    if row["state"] == "abandoned":
        return "given-up"
    if row["failed"]:
        return "mixed" if row["succeeded"] else "bad"
    if row["state"] == "finished":
        return "good" if row["succeeded"] else "given-up"
    return "live"


def _lane(row: Mapping[str, Any], seconds: float) -> Lane:
    how = outcome(row)
    finished = row["finished_ago"] or 0.0
    submitted, started = row["submitted_ago"], row["started_ago"]
    ends = [("launching", row["planned_ago"]), ("queued", submitted), ("running", started)]
    known = [(kind, begun) for kind, begun in ends if begun is not None]
    stops = [begun for _, begun in known[1:]] + [finished]
    pieces = tuple(
        _piece(kind if kind != "running" else f"running {how}", begun, stop, seconds)
        for (kind, begun), stop in zip(known, stops, strict=True)
        if stop < seconds
    )
    done = f"{row['succeeded']} completed, {row['failed']} failed of {row['attempts_total']}"
    name = f"Camber job {row['camber_job_id']}" if row["camber_job_id"] else "no Camber job yet"
    title = f"{name}, {row['state']}: {done}; planned {ago(row['planned_ago'])} ago"
    return Lane(run_id=row["run_id"], state=row["state"], title=title, outcome=how, pieces=pieces)


def _piece(kind: str, begun: float, stop: float, seconds: float) -> Piece:
    left = _x(min(begun, seconds), seconds)
    return Piece(kind=kind, x=left, width=max(PIECE_MIN, _x(stop, seconds) - left))


def _x(seconds_ago: float, seconds: float) -> float:
    return WIDTH * (1 - seconds_ago / seconds)


def _ticks(now: datetime, seconds: float) -> tuple[str, ...]:
    """Times of the database's clock, evenly spread."""
    back = [seconds * (1 - share / TICKS) for share in range(TICKS)]
    clock = "%H:%M" if seconds <= DAY_SECONDS else "%a %H:%M"
    return tuple((now - timedelta(seconds=one)).strftime(clock) for one in back)
