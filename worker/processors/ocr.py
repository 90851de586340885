"""What recognition returns, whatever the engine: lines with their polygons and scores, in reading order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from worker.processors.picture import Picture

Point = tuple[int, int]

_SAME_ROW_OVERLAP = 0.5
_WIDE = 3.0


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
    tilt = math.radians(median(line.angle for line in found)) if found else 0.0
    placed = sorted((_Placed.on(line, tilt) for line in found), key=lambda one: (one.top + one.bottom, one.left))
    rows: list[list[_Placed]] = []
    for one in placed:
        if rows and one.overlap(rows[-1][-1]) >= _SAME_ROW_OVERLAP:
            rows[-1].append(one)
        else:
            rows.append([one])
    return Reading(tuple(tuple(one.line for one in sorted(row, key=lambda one: one.left)) for row in rows))


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line and where it would stand if the page lay level."""

    line: Line
    left: float
    top: float
    bottom: float

    @classmethod
    def on(cls, line: Line, tilt: float) -> "_Placed":
        sine, cosine = math.sin(tilt), math.cos(tilt)
        across = [x * cosine - y * sine for x, y in line.polygon]
        down = [x * sine + y * cosine for x, y in line.polygon]
        return cls(line, min(across), min(down), max(down))

    def overlap(self, other: "_Placed") -> float:
        """Which share of the lower of both the two have in common."""
        common = min(self.bottom, other.bottom) - max(self.top, other.top)
        return common / max(1e-6, min(self.bottom - self.top, other.bottom - other.top))
