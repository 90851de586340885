"""What recognition returns, whatever the engine: lines with their polygons and scores, in reading order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from worker.processors.picture import Array, Picture

Point = tuple[int, int]

_SAME_ROW_OVERLAP = 0.5
_WIDE = 3.0
_SLOPE_LINES_MIN = 6
"""So many long lines tell how the slope of the text changes over the page."""
_SLOPE_ROUNDS = 5


class Engine(Protocol):
    """Reads the text on an upright picture."""

    def read(self, picture: Picture) -> Sequence["Line"]:
        """The lines found, in any order; none on a picture without text. Raises whatever the engine raises."""


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of text: its polygon's corners in pixels, clockwise from its own top left, and a score in 0..1."""

    text: str
    score: float
    polygon: tuple[Point, Point, Point, Point]

    @property
    def weight(self) -> int:
        """How many characters it has, blanks apart."""
        return len("".join(self.text.split()))

    @property
    def angle(self) -> float:
        """By how many degrees its upper and lower edges rise to the right."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.polygon
        return math.degrees(math.atan2((ay - by) + (dy - cy), (bx - ax) + (cx - dx)))

    @property
    def is_wide(self) -> bool:
        """Whether it is long enough for its angle to tell of the page."""
        (ax, ay), (bx, by), (cx, cy), _ = self.polygon
        return math.dist((ax, ay), (bx, by)) >= _WIDE * max(1.0, math.dist((bx, by), (cx, cy)))


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read on one picture, in rows from top to bottom, each row from left to right."""

    rows: tuple[tuple[Line, ...], ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines in reading order."""
        return tuple(line for row in self.rows for line in row)

    @property
    def text(self) -> str:
        """One line of text for each row; what stands in one row is parted by one blank."""
        return "\n".join(" ".join(line.text for line in row) for row in self.rows)

    @property
    def confidence(self) -> float:
        """The mean of the lines' scores, each counted as often as the line has characters; 0 where nothing was read."""
        characters = sum(line.weight for line in self.lines)
        return self.evidence / characters if characters else 0.0

    @property
    def evidence(self) -> float:
        """How much was read: every character counts as much as its line's score. Tells readings of one page apart."""
        return sum(line.weight * line.score for line in self.lines)


def in_reading_order(lines: Sequence[Line]) -> Reading:
    """Group lines into rows by how far they overlap in height, on the page as if it lay level; drop empty ones."""
    found = [line for line in lines if line.weight]
    placed = sorted(_placed(found), key=lambda one: (one.height, one.left))
    rows: list[list[_Placed]] = []
    for one in placed:
        if rows and one.overlap(rows[-1][-1]) >= _SAME_ROW_OVERLAP:
            rows[-1].append(one)
        else:
            rows.append([one])
    return Reading(tuple(tuple(one.line for one in sorted(row, key=lambda one: one.left)) for row in rows))


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line and where its middle would stand if the page lay level, and half its own height."""

    line: Line
    left: float
    height: float
    reach: float

    def overlap(self, other: "_Placed") -> float:
        """Which share of the lower of both the two have in common."""
        common = self.reach + other.reach - abs(self.height - other.height)
        return common / max(1e-6, 2 * min(self.reach, other.reach))


def _placed(lines: Sequence[Line]) -> list[_Placed]:
    """The lines on a level page. Seen from aslant, text falls by another slope at each place of the picture."""
    if not lines:
        return []
    corners = np.array([line.polygon for line in lines], dtype=np.float64)
    middles = corners.mean(axis=1)
    across, down = (middles - middles.mean(axis=0)).T
    along = (corners[:, 1] + corners[:, 2] - corners[:, 0] - corners[:, 3]) / 2
    reaches = np.linalg.norm(corners[:, 2] + corners[:, 3] - corners[:, 0] - corners[:, 1], axis=1) / 4
    is_wide = np.array([line.is_wide for line in lines])
    level, by_across, by_down = _slopes(across, down, along, is_wide)
    # Follow the text from each place to the middle of the page: what is left is the height of its row.
    heights = down - across * (level + by_down * down) - by_across * across**2 / 2
    lefts = across + level * down
    return [
        _Placed(line, float(left), float(height), float(reach))
        for line, left, height, reach in zip(lines, lefts, heights, reaches, strict=True)
    ]


def _slopes(across: Array, down: Array, along: Array, is_wide: Array) -> tuple[float, float, float]:
    """By how much text falls to the right: in the middle, and how that changes with each pixel across and down.

    Long lines tell more, and lines that disagree with the rest tell less. Few lines tell one slope for all.
    """
    slopes = along[:, 1] / np.maximum(along[:, 0], 1e-6)
    told = is_wide if is_wide.any() else np.ones(len(slopes), dtype=bool)
    if np.count_nonzero(told) < _SLOPE_LINES_MIN:
        return float(np.median(slopes[told])), 0.0, 0.0
    size = max(1.0, float(np.abs(across).max()), float(np.abs(down).max()))
    places = np.column_stack((np.ones(np.count_nonzero(told)), across[told] / size, down[told] / size))
    lengths = along[told, 0]
    weights = lengths
    for _ in range(_SLOPE_ROUNDS):
        share = np.sqrt(weights)
        fitted = np.linalg.lstsq(places * share[:, None], slopes[told] * share, rcond=None)[0]
        off = np.abs(slopes[told] - places @ fitted)
        weights = lengths / (1 + (off / max(1.5 * float(np.median(off)), 1e-3)) ** 2)
    return float(fitted[0]), float(fitted[1]) / size, float(fitted[2]) / size
