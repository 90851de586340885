"""Lines that fade out and in again: a lamp's reflection on paper that is as white as the lamp.

There is nothing to be seen of such a reflection but the ink that it takes. Print may be pale, and changes its colour
from one letter to the next; only light takes it away little by little, within one line.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from worker.processors.ocr import Line
from worker.processors.picture import Array, Grey, Picture

READ_MIN = 0.7
"""The score of a line that is writing and no scribble, though some of it may be lost."""
_HEIGHT, _WINDOW = 16, 8
"""A line is looked at as a strip so many pixels high, in windows of about a letter."""
_SIDE_MIN, _LONG = 6.0, 2.5
_INK_MIN = 25.0
_FADED, _FULL = 0.45, 0.8
_BETWEEN = 0.3, 0.75
_STEPS_MIN, _WINDOWS_MAX = 3, 14
"""Windows of ink between faded and full. A word's end has one, a long movement two; a lamp's halo is wide."""
_SLACK = 0.05


def faded_lines(picture: Picture, lines: Sequence[Line]) -> int:
    """How many of the lines read on an upright picture lose their ink little by little."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return sum(_is_faded(_ink(grey, line)) for line in lines if line.score >= READ_MIN)


def _ink(grey: Grey, line: Line) -> Array:
    """How dark the ink stands from the paper along the line, window by window; empty where the line is too short."""
    corners = np.array(line.polygon, dtype=np.float32)
    along, down = corners[1] - corners[0], corners[3] - corners[0]
    width, height = float(np.linalg.norm(along)), float(np.linalg.norm(down))
    if height < _SIDE_MIN or width < _LONG * height:
        return np.empty(0)
    length = round(width / height * _HEIGHT)
    strip = _levelled(grey, corners, length)
    paper = np.percentile(strip, 90, axis=0).astype(np.float32)
    paper = cv2.blur(np.maximum(paper, np.median(paper))[None], (4 * _WINDOW + 1, 1))[0]
    ink = np.maximum(0.0, paper - strip.min(axis=0))
    return np.asarray(ink[: length // _WINDOW * _WINDOW].reshape(-1, _WINDOW).max(axis=1))


def _levelled(grey: Grey, corners: Array, length: int) -> Array:
    target = np.array([[0, 0], [length, 0], [length, _HEIGHT], [0, _HEIGHT]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    strip = cv2.warpPerspective(grey, matrix, (length, _HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(strip)


def _is_faded(ink: Array) -> bool:
    if not ink.size or (full := float(np.percentile(ink, 80))) < _INK_MIN:
        return False
    share = ink / full
    return any(
        _climbs(share[at::way][:_WINDOWS_MAX]) for at in np.flatnonzero(share <= _FADED).tolist() for way in (-1, 1)
    )


def _climbs(share: Array) -> bool:
    """Whether the ink comes back from here, window by window, until it is full."""
    highest, between = float(share[0]), 0
    for value in share[1:].tolist():
        if value < highest - _SLACK:
            return False
        highest = max(highest, value)
        if highest >= _FULL:
            return between >= _STEPS_MIN
        between += _BETWEEN[0] < highest < _BETWEEN[1]
    return False
