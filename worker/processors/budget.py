"""Choose the best picture that a budget of bytes allows, by quality, by the resolution of colour, and last by filling.

Of two ways to lose as much, the one is kept that looks more like the original.
"""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PIL import Image

from worker.processors import encode
from worker.processors.encode import Colours, Kind
from worker.processors.likeness import Likeness
from worker.processors.pdf_file import one_page_pdf
from worker.processors.picture import Picture

QUALITY_MIN = 5
"""The lowest JPEG quality that is tried: below it the blocks show more than the picture."""
QUALITY_POOR = 30
"""Below it a person sees the loss."""
_NEAR = 0.985
"""A file that uses so much of its budget is not searched further: the next quality differs by less than is seen."""
_PALETTES = (2, 4, 8, 16, 32, 64, 128, 256)
Step = TypeVar("Step")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """From `low` to `high` bytes."""

    low: int
    high: int

    def holds(self, data: bytes) -> bool:
        """Whether the file has as many bytes as it should."""
        return self.low <= len(data) <= self.high


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded picture, and what has to be said of it."""

    data: bytes
    warnings: tuple[str, ...] = ()


def encoded(picture: Picture, kind: Kind, dpi: int, quality: int, budget: Budget) -> Encoded:
    """The picture as a file at the wanted quality, else the best within the budget, else the nearest in size."""
    made = _png(picture, dpi, budget) if kind == "png" else _Jpegs(picture, kind, dpi).best(quality, budget)
    return Encoded(encode.padded(made.data, kind, budget.low, budget.high), made.warnings)


class _Jpegs:
    """The JPEG files of one picture, or PDF files that hold one."""

    def __init__(self, picture: Picture, kind: Kind, dpi: int) -> None:
        self._picture = picture
        self._image = Image.fromarray(picture)
        self._is_pdf = kind == "pdf"
        self._dpi = dpi

    def best(self, quality: int, budget: Budget) -> Encoded:
        """At the wanted quality in full colour where that fits, else as near to it as the budget allows."""
        data = self._full(quality)
        if len(data) > budget.high:
            return self._reduced(quality, budget.high)
        if len(data) < budget.low:
            # Any of these looks better than what is wanted; the largest that fits is filled up.
            raised = _first_from(range(quality + 1, 101), self._full, budget)
            return Encoded(raised or data)
        return Encoded(data)

    def _reduced(self, quality: int, high: int) -> Encoded:
        full = _last_within(range(QUALITY_MIN, quality), self._full, high)
        quarter = _last_within(range(QUALITY_MIN, max(quality, QUALITY_MIN) + 1), self._quarter, high)
        found = [one for one in (full, quarter) if one]
        if not found:
            return Encoded(self._quarter(QUALITY_MIN))
        if len(found) > 1:
            likeness = Likeness(self._picture)
            found.sort(key=lambda one: likeness.of(self._decoded(one[0])))
        data, reached = found[-1]
        poor = (f"PORTAL_QUALITY_LOW: only JPEG quality {reached} meets the portal's kilobytes",)
        return Encoded(data, poor if reached < QUALITY_POOR else ())

    def _full(self, quality: int) -> bytes:
        return self._filed(quality, Colours.FULL)

    def _quarter(self, quality: int) -> bytes:
        return self._filed(quality, Colours.QUARTER)

    def _filed(self, quality: int, colours: Colours) -> bytes:
        data = encode.jpeg_bytes(self._image, self._dpi, quality, colours)
        return one_page_pdf(data, self._image.width, self._image.height, self._dpi) if self._is_pdf else data

    def _decoded(self, data: bytes) -> Picture:
        # Of our own PDF the picture begins at the JPEG's mark, and decoders stop at its end.
        with Image.open(io.BytesIO(data[data.index(b"\xff\xd8\xff") :]), formats=["JPEG"]) as image:
            return np.asarray(image.convert("RGB"))


def _last_within(steps: Sequence[int], make: Callable[[int], bytes], high: int) -> tuple[bytes, int] | None:
    """Of rising steps the last whose file has at most `high` bytes, or one that nearly fills them; None if none has."""
    if not steps or len(data := make(steps[0])) > high:
        return None
    best, first, last = (data, steps[0]), 1, len(steps) - 1
    low_size, high_size = len(data), None
    while first <= last and len(best[0]) < high * _NEAR:
        at = _guess(first, last, low_size, high_size, high)
        data = make(steps[at])
        if len(data) <= high:
            best, first, low_size = (data, steps[at]), at + 1, len(data)
        else:
            last, high_size = at - 1, len(data)
    return best


def _guess(first: int, last: int, low_size: int, high_size: int | None, high: int) -> int:
    """Where the size of `high` lies between `first - 1` and `last + 1`, for sizes that grow by a steady factor."""
    if high_size is None or high_size <= low_size:
        return (first + last + 1) // 2
    share = math.log(high / low_size) / math.log(high_size / low_size)
    return min(last, max(first, round(first - 1 + share * (last - first + 2))))


def _first_from(steps: Sequence[int], make: Callable[[int], bytes], budget: Budget) -> bytes | None:
    """By bisection the first of the rising steps that reaches the floor; the largest that fits where none does."""
    best, first, last = None, 0, len(steps) - 1
    while first <= last:
        middle = (first + last) // 2
        data = make(steps[middle])
        if len(data) <= budget.high and (best is None or len(best) < budget.low):
            best = data
        if len(data) >= budget.low:
            best, last = (data if len(data) <= budget.high else best), middle - 1
        else:
            first = middle + 1
    return best


def _png(picture: Picture, dpi: int, budget: Budget) -> Encoded:
    """In full colour where it fits, else with as many colours as do, else with the fewest."""
    image = Image.fromarray(picture)
    data = encode.png_bytes(image, dpi)
    if len(data) <= budget.high:
        return Encoded(data)

    def made(colours: int) -> bytes:
        return encode.png_bytes(image.quantize(colours, dither=Image.Dither.NONE), dpi)

    within = _last_within(_PALETTES, made, budget.high)
    data, colours = within or (made(_PALETTES[0]), _PALETTES[0])
    return Encoded(data, (f"COLOURS_REDUCED: only {colours} colours meet the portal's kilobytes",))
