"""Leave out what was not read but guessed: lines in a script that the model does not know, scribbles, stamps.

The model answers to everything. Devanagari and Tamil come out as letters and signs at scores of 0.87 and less, while
lines that it knows score 0.95 and more even on blurred pages. On a page that is bad as a whole low lines stay: they are
mostly wrong, and marked so, but they are what stands there.
"""

import re
from dataclasses import dataclass
from statistics import median

from worker.processors.ocr import Line, Reading

LOW = 0.90
"""Below it a line is left out where the page speaks against it. Of 140 lines in unknown scripts none scored higher."""
WELL_READ = 0.95
"""Where lines of this score make up half of the page's characters, the page reads well: its low lines are foreign."""
GUESSED = 0.60
"""Pages whose median line scores less are foreign as a whole; single lines below it are left out on any page."""
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Legible:
    """What can be passed on as text, and how many lines cannot."""

    reading: Reading
    left_out: int


def legible(reading: Reading) -> Legible:
    """The reading without the lines that were only guessed."""
    lines = reading.lines
    if not lines:
        return Legible(reading, 0)
    least = _least(lines)
    is_east_asian = _is_east_asian("".join(line.text for line in lines))
    rows = [
        tuple(line for line in row if line.score >= (least if _is_of_page(line, is_east_asian=is_east_asian) else LOW))
        for row in reading.rows
    ]
    kept = Reading(tuple(row for row in rows if row))
    return Legible(kept, len(lines) - len(kept.lines))


def _least(lines: tuple[Line, ...]) -> float:
    """The score that a line of this page needs."""
    well_read = sum(line.weight for line in lines if line.score >= WELL_READ)
    reads_well = well_read * 2 >= sum(line.weight for line in lines)
    is_foreign = median(line.score for line in lines) < GUESSED
    return LOW if reads_well or is_foreign else GUESSED


def _is_of_page(line: Line, *, is_east_asian: bool) -> bool:
    """Whether a line is in the page's own script: Chinese and Japanese signs on a Latin page are guesses."""
    return is_east_asian or not _EAST_ASIAN.search(line.text)


def _is_east_asian(text: str) -> bool:
    return len(_EAST_ASIAN.findall(text)) * 2 >= len(text)
