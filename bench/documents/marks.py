"""Marks: characters wrong whatever the order, values read, how well a score ranks, and how sure a mean is."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import edlib
import numpy as np
from numpy.typing import NDArray

_USED = "\0"
_MISSED_FROM = 0.7
"""A line of which a larger share of the characters is wrong was not read at all."""

Interval = tuple[float, float]
Values = NDArray[np.float64]


def bare(text: str) -> str:
    """The text without blanks: engines part words as they like."""
    return "".join(text.split())


def character_errors(expected: Sequence[str], found: Sequence[str]) -> int:
    """How many characters would have to be changed, whatever order the lines were found in; blanks do not count.

    Each line takes the piece of what was found that fits it best, the longest line first; nothing is taken twice.
    What nobody took was never on the page, and counts too.
    """
    missing, rest = _less_what_stands_alone([bare(text) for text in expected], found)
    ends = frozenset(accumulate((len(word) for text in found for word in text.split()), initial=0))
    errors = 0
    for line in sorted(missing, key=lambda line: (-len(line), line)):
        wrong, first, end = _best_piece(line, rest, ends)
        errors += wrong
        # What is used stays as a hole of the same length, so that no later line reaches across it for nothing.
        rest = f"{rest[:first]}{_USED * (end - first)}{rest[end:]}"
    return errors + len(rest.replace(_USED, ""))


def _less_what_stands_alone(lines: Sequence[str], found: Sequence[str]) -> tuple[list[str], str]:
    """The lines of which no found text is the exact image, and all that was found, with holes for those images."""
    missing, rest = list(lines), ""
    for text in map(bare, found):
        is_image = text in missing
        rest += _USED * len(text) if is_image else text
        if is_image:
            missing.remove(text)
    return missing, rest


def _best_piece(line: str, rest: str, ends: frozenset[int]) -> tuple[int, int, int]:
    """The errors of the piece that fits the line best, and where it begins and ends; all of the line if none does."""
    if not line or not rest:
        return len(line), 0, 0
    fit = edlib.align(line, rest, mode="HW", task="locations")
    wrong = int(fit["editDistance"])
    if wrong > _MISSED_FROM * len(line):
        return len(line), 0, 0
    whole_words = min(fit["locations"], key=lambda one: ((one[0] not in ends) + (one[1] + 1 not in ends), one))
    first, end = whole_words[0], whole_words[1] + 1
    # A wrong letter at an edge fits as well as a missing one: it is the line's own as long as its word goes on.
    while end - first < len(line) and end not in ends and _fits(line, rest[first : end + 1], wrong):
        end += 1
    while end - first < len(line) and first not in ends and _fits(line, rest[first - 1 : end], wrong):
        first -= 1
    return wrong, first, end


def _fits(line: str, piece: str, wrong: int) -> bool:
    return _USED not in piece and int(edlib.align(line, piece)["editDistance"]) == wrong


def text_errors(expected: str, found: str) -> int:
    """The same for two whole texts in their order."""
    left, right = bare(expected), bare(found)
    return int(edlib.align(left, right)["editDistance"]) if left and right else len(left) + len(right)


def is_read(value: str, text: str) -> bool:
    """Whether the value stands in the text letter by letter, blanks apart."""
    return bare(value) in bare(text)


def rank(good: Sequence[float], poor: Sequence[float]) -> float:
    """How likely one of the good is above one of the poor; ties count half. NaN where there are none."""
    if not good or not poor:
        return float("nan")
    difference = np.subtract.outer(np.asarray(good), np.asarray(poor))
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean and the interval in which it lies as surely as was asked for."""

    value: float
    interval: Interval


def bootstrapped(parts: Sequence[float], wholes: Sequence[float], times: int, seed: int, certainty: float) -> Mean:
    """The sum of the parts over the sum of the wholes, drawn again from the same pictures so many times."""
    part, whole = np.asarray(parts, dtype=np.float64), np.asarray(wholes, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(part), (times, len(part)))
    ratios = part[drawn].sum(axis=1) / np.maximum(whole[drawn].sum(axis=1), 1e-9)
    tail = (1 - certainty) / 2 * 100
    low, high = (float(value) for value in np.percentile(ratios, (tail, 100 - tail)))
    return Mean(value=float(part.sum() / max(whole.sum(), 1e-9)), interval=(low, high))
