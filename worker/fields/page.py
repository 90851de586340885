"""The lines of a page with their places, as if the page lay level."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from worker.processors.ocr import Line, Reading

_SAME_COLUMN_OVERLAP = 0.3
_BELOW_HEIGHTS_MAX = 2.6


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; right and bottom lie outside."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """At least one pixel."""
        return max(1.0, self.bottom - self.top)

    @property
    def width(self) -> float:
        """At least one pixel."""
        return max(1.0, self.right - self.left)

    def across(self, other: "Box") -> float:
        """How many pixels from left to right both have in common; negative where there is a gap."""
        return min(self.right, other.right) - max(self.left, other.left)


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds all of them; there must be one."""
    lefts, tops, rights, bottoms = zip(*((b.left, b.top, b.right, b.bottom) for b in boxes), strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One line that was read: its number in the reading, its text, its score, and where it stands.

    `box` is for reckoning, on the levelled page; `outline` is in the pixels of the picture that was read.
    """

    number: int
    text: str
    score: float
    box: Box
    outline: Box


@dataclass(frozen=True, slots=True)
class Page:
    """All cells in rows, in reading order."""

    rows: tuple[tuple[Cell, ...], ...]

    @classmethod
    def of(cls, reading: Reading) -> "Page":
        """The page that a reading shows."""
        lines = reading.lines
        tilt = math.radians(median(line.angle for line in lines)) if lines else 0.0
        rows: list[tuple[Cell, ...]] = []
        number = 0
        for row in reading.rows:
            rows.append(tuple(_cell(number + index, line, tilt) for index, line in enumerate(row)))
            number += len(row)
        return cls(tuple(rows))

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells in reading order."""
        return tuple(cell for row in self.rows for cell in row)

    @property
    def text(self) -> str:
        """All that was read, a row a line."""
        return "\n".join(" ".join(cell.text for cell in row) for row in self.rows)

    def right_of(self, cell: Cell) -> Cell | None:
        """The next cell of its row."""
        row = next(row for row in self.rows if cell in row)
        return next(iter(row[row.index(cell) + 1 :]), None)

    def below(self, cell: Cell) -> Cell | None:
        """The nearest cell under it that begins or lies in its column, where one stands close by."""
        height = cell.box.height
        near = [
            one
            for one in self.cells
            if -0.4 * height <= one.box.top - cell.box.bottom <= _BELOW_HEIGHTS_MAX * height
            and (one.box.top + one.box.bottom) > (cell.box.top + cell.box.bottom)
            and _is_in_column(one.box, cell.box)
        ]
        return min(near, key=lambda one: (one.box.top, abs(one.box.left - cell.box.left)), default=None)


def _is_in_column(one: Box, above: Box) -> bool:
    common = one.across(above)
    return one is not above and common >= _SAME_COLUMN_OVERLAP * min(one.width, above.width)


def _cell(number: int, line: Line, tilt: float) -> Cell:
    sine, cosine = math.sin(tilt), math.cos(tilt)
    level = [(x * cosine - y * sine, x * sine + y * cosine) for x, y in line.polygon]
    return Cell(number=number, text=line.text, score=line.score, box=_bounds(level), outline=_bounds(line.polygon))


def _bounds(points: Iterable[tuple[float, float]]) -> Box:
    across, down = zip(*points, strict=True)
    return Box(min(across), min(down), max(across), max(down))
