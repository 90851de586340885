"""Shape the picture that the portal gets: cut out or level the sheet, then mend its light, each for a reason.

Reading comes before, on the picture as it was taken; it is read again only where the first reading was poor and the
measures ask for something, and the second counts only where it recovers more.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from worker.processors import orientation
from worker.processors.crop import Outline, cut_out, find_outline
from worker.processors.enhancement import Decision, Enhanced, enhance
from worker.processors.ocr import Reading
from worker.processors.picture import Array, Box, Colour, Picture
from worker.processors.quality import Quality, assess

POOR_CONFIDENCE = 0.8
"""A reading below it has mostly wrong lines and is tried again on the enhanced picture."""
SURE_LINE = 0.9
"""A line that scores so much is writing, and no cut may lose it."""

Read = Callable[[Picture], Reading]
Mend = Callable[[Picture, Quality, str], Enhanced]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """The picture for the portal, what was read, where the reading lies on it, and every decision on the way."""

    picture: Picture
    reading: Reading
    focus: Box | None
    outline: Outline | None
    slant: float
    decisions: tuple[Decision, ...]


def shape(
    picture: Picture,
    reading: Reading,
    quality: Quality,
    *,
    kind: str,
    background: Colour,
    read: Read,
    mend: Mend = enhance,
) -> Shaped:
    """Cut out or level an upright picture, mend its light, and read it again if that may help.

    The lines' polygons stay those of the upright picture.
    """
    enhanced, reading, decision = _read_again(picture, reading, quality, kind, read, mend)
    outline = _outline(enhanced.picture, reading, quality, kind)
    # A photo or a signature has no lines to be level with.
    slant = orientation.slant(reading.lines) if kind == "document" and outline is None else 0.0
    if outline is not None:
        level, matrix = cut_out(picture, outline)
        mended = mend(level, assess(level, kind), kind)
    else:
        level, matrix = enhanced.picture, orientation.level_matrix(picture, slant)[0]
        mended = enhanced
    final = orientation.straightened(mended.picture, slant, background)
    return Shaped(
        picture=final,
        reading=reading,
        focus=_focus(reading, matrix, final) if outline is None else None,
        outline=outline,
        slant=slant,
        decisions=(*mended.decisions, decision),
    )


def _read_again(
    picture: Picture, reading: Reading, quality: Quality, kind: str, read: Read, mend: Mend
) -> tuple[Enhanced, Reading, Decision]:
    """The enhanced picture, the better of two readings, and why the second was or was not made or taken."""
    enhanced = mend(picture, quality, kind)
    if reading.confidence >= POOR_CONFIDENCE or not reading.lines:
        why = f"the first reading is at {reading.confidence:.2f}, poor is below {POOR_CONFIDENCE}"
        return enhanced, reading, Decision(step="read_again", done=False, why=why)
    if enhanced.picture is picture:
        return enhanced, reading, Decision(step="read_again", done=False, why="nothing was enhanced")
    second = read(enhanced.picture)
    is_better = second.evidence > reading.evidence
    why = f"evidence is {second.evidence:.0f} after it and {reading.evidence:.0f} before"
    return enhanced, second if is_better else reading, Decision(step="read_again", done=is_better, why=why)


def _outline(picture: Picture, reading: Reading, quality: Quality, kind: str) -> Outline | None:
    """The sheet's outline, if there is one and it loses no writing."""
    # A face before a door, a signature on a slip: what looks like a sheet there is none.
    if quality.is_blank or kind != "document":
        return None
    outline = find_outline(picture)
    points = [point for line in reading.lines if line.score >= SURE_LINE for point in line.polygon]
    return outline if outline and outline.holds(points) else None


def _focus(reading: Reading, matrix: Array, picture: Picture) -> Box | None:
    """The box around all that was read, on the shaped picture."""
    points = [point for line in reading.lines for point in line.polygon]
    if not points:
        return None
    placed = cv2.perspectiveTransform(np.array([points], dtype=np.float32), matrix)[0]
    left, top = np.clip(placed.min(axis=0), 0, None)
    right, bottom = np.minimum(placed.max(axis=0), (picture.shape[1], picture.shape[0]))
    return float(left), float(top), float(right), float(bottom)
