"""The order in which a page is read: rows from the top, but prose in columns one column after the other.

Tables, forms and receipts are read in rows: there, what stands side by side belongs together. Columns of prose are
told from them by their lines: several on either side, long, and filling the width of their column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from worker.processors.ocr import Line, Reading, in_reading_order

COLUMN_LINES_MIN = 4
"""Fewer lines on one side are no column."""
COLUMN_CHARACTERS_MIN = 16
"""The median line of a column of prose is longer than the cells of a table."""
COLUMN_FILL_MIN = 0.7
"""The share of its column's width that the median line of prose takes."""
CROSSING_MAX = 0.3
"""The share of lines, headings and the like, that may cross the gap between columns."""
LINES_MAX = 400
"""Pages of more lines are read in rows: the search for columns looks at every pair of lines."""


def arranged(lines: Sequence[Line]) -> Reading:
    """The lines in reading order; lines without text are dropped."""
    found = [line for line in lines if line.weight]
    blocks = _blocks(found) if len(found) <= LINES_MAX else [found]
    return Reading(tuple(row for block in blocks for row in in_reading_order(block).rows))


def _blocks(lines: list[Line]) -> list[list[Line]]:
    """What is read one after the other: bands across the page, and in each band of prose its columns."""
    gutter = max(_gutters(lines), key=lambda one: one.gain, default=None)
    if gutter is None or gutter.gain == 0:
        return [lines]
    return [block for band in gutter.bands for block in _columns(band, gutter.at)]


def _columns(band: list[Line], at: float) -> list[list[Line]]:
    left, right = _sides(band, at)
    return [left, *_blocks(right)] if _are_columns(left, right) else [band]


@dataclass(frozen=True, slots=True)
class _Gutter:
    """A place where a page may be parted, the bands between the lines that cross it, and how many lines it orders."""

    at: float
    bands: list[list[Line]]
    gain: int


def _gutters(lines: list[Line]) -> list[_Gutter]:
    """The places right before lines that begin a column, where few lines cross them."""
    extents = [(_left(line), _right(line)) for line in lines]
    places = [start - 0.5 for start in sorted({left for left, _ in extents})[1:]]
    crossing_max = CROSSING_MAX * len(lines)
    open_places = [at for at in places if sum(left < at < right for left, right in extents) <= crossing_max]
    from_top = sorted(lines, key=_middle)
    return [_gutter(from_top, at) for at in open_places]


def _gutter(lines: list[Line], at: float) -> _Gutter:
    """What parting there makes of lines that are sorted from the top."""
    bands: list[list[Line]] = [[]]
    for line in lines:
        if _left(line) < at < _right(line):
            bands += [[line], []]
        else:
            bands[-1].append(line)
    full = [band for band in bands if band]
    gain = sum(len(band) for band in full if _are_columns(*_sides(band, at)))
    return _Gutter(at, full, gain)


def _sides(band: list[Line], at: float) -> tuple[list[Line], list[Line]]:
    return [line for line in band if _right(line) <= at], [line for line in band if _left(line) >= at]


def _are_columns(left: list[Line], right: list[Line]) -> bool:
    """Whether the left side is one column, and the right side another or several."""
    return _is_prose(left) and (_is_prose(right) or len(_blocks(right)) > 1)


def _is_prose(column: list[Line]) -> bool:
    if len(column) < COLUMN_LINES_MIN or median(line.weight for line in column) < COLUMN_CHARACTERS_MIN:
        return False
    width = max(map(_right, column)) - min(map(_left, column))
    return median(_right(line) - _left(line) for line in column) >= COLUMN_FILL_MIN * width


def _left(line: Line) -> float:
    return min(x for x, _ in line.polygon)


def _right(line: Line) -> float:
    return max(x for x, _ in line.polygon)


def _middle(line: Line) -> float:
    return sum(y for _, y in line.polygon) / 4
