"""Find the outline of a card or page that lies on a plain background, and cut it out as if seen from above.

Only where the outline is certain: one wrong cut loses what a person needs, a missing one costs a little background. So
every doubt ends in None: a border that is not plain, a shape of more than four sides, a side that is no clear edge, an
inside that looks like the outside, as within a drawn frame, or anything outside that looks like print. Corners may
touch the border of the picture; a corner that lies beyond it is a doubt too.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from worker.processors.picture import Array, Picture

WORKING_SIDE = 480
"""The longer side, in pixels, at which an outline is looked for; its sides are then measured in the picture itself."""
AREA_MIN, AREA_MAX = 0.12, 0.97
"""Shares of the picture. A smaller sheet is one of several things on it; a larger one leaves nothing to cut."""
ASPECT_MAX = 5.0
"""Of the long to the short side: a till receipt."""
_RING, _HAIR = 0.025, 0.004
"""How far in from the border the background is looked for, in shares of the longer side: where a sheet's corners touch
the border, most of a ring of the usual breadth is sheet, and only a hair of it is not."""
_PLAIN_SHARE, _PLAIN_SHARE_OF_HAIR = 0.9, 0.75
_BEYOND = 2.5
"""Pixels of the working size by which a corner may lie beyond the border: what is lost of the sheet is not seen."""
_APART_MIN = 14.0
_FILLED_MIN = 0.94
_ANGLE_COSINE_MAX = 0.6
_SIDES_RATIO_MAX = 1.7
_INSIDE_APART_MIN = 0.5
_OUTSIDE_EDGES_MAX = 0.012
_EDGE_SLOPE = 9.0
_MARGIN = 8
_SAMPLES = 48
_STEP_MIN = 8.0
_OF_STRONGEST = 0.12
_ABRUPT = 0.52
"""A photographed edge climbs two thirds of its way within two pixels, half of it where the picture is a little soft;
the rim of a shadow less."""
_STEPS_SHARE = 0.8
_STRAY_MAX = 0.006
_DRAWN_DEGREES, _DRAWN_PIXELS = 0.1, 2.0

Quad = Array
"""Four corners, 4 x 2, in pixels: top left, top right, bottom right, bottom left."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The corners of a sheet in pixels of the picture: top left, top right, bottom right, bottom left."""

    corners: tuple[tuple[float, float], ...]

    def holds(self, points: Iterable[tuple[float, float]]) -> bool:
        """Whether all points lie inside, or outside by no more than an eye would miss."""
        quad = np.array(self.corners, dtype=np.float32)
        slack = 0.01 * math.sqrt(cv2.contourArea(quad))
        return all(cv2.pointPolygonTest(quad, (float(x), float(y)), measureDist=True) >= -slack for x, y in points)


def find_outline(picture: Picture) -> Outline | None:
    """The outline of the one sheet on a plain background, None where it is not certain."""
    scale = min(1.0, WORKING_SIDE / max(picture.shape[:2]))
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    if min(size) < 64:
        return None
    small = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB)
    lab = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), dtype=np.float32)
    fine = _sheet(lab, _RING, _PLAIN_SHARE)
    if fine is None:
        fine = _sheet(lab, _HAIR, _PLAIN_SHARE_OF_HAIR)
    if fine is None:
        return None
    factors = np.array([picture.shape[1] / size[0], picture.shape[0] / size[1]])
    corners = (fine + 0.5) * factors - 0.5
    return Outline(tuple((float(x), float(y)) for x, y in corners))


def _sheet(lab: Array, breadth: float, plain_share: float) -> Quad | None:
    """The sheet's corners on the small picture, by the background that a border of that breadth shows."""
    apart = _apart(lab, _ring(lab.shape[:2], breadth), plain_share)
    if apart is None:
        return None
    rough = _quad(apart >= _APART_MIN)
    if rough is None or not _is_plausible(rough, apart):
        return None
    fine = _measured(rough, lab)
    return fine if fine is not None and _is_sheet(fine, apart, lab) else None


def _ring(shape: tuple[int, ...], breadth: float) -> Array:
    """The pixels near the border, by a share of the longer side."""
    ring = np.zeros(shape, dtype=bool)
    reach = max(2, round(breadth * max(shape)))
    ring[:reach] = ring[-reach:] = ring[:, :reach] = ring[:, -reach:] = True
    return ring


def _apart(lab: Array, ring: Array, plain_share: float) -> Array | None:
    """How far each pixel is from the background, in steps of its own unevenness; None where no background shows.

    The background is what most of the ring shows, and may grow darker across the picture.
    """
    height, width = lab.shape[:2]
    ys, xs = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(xs), xs, ys, xs * ys, xs * xs, ys * ys], axis=-1).astype(np.float32)
    known, seen = terms[ring][::3], lab[ring][::3]
    trusted = np.ones(len(seen), dtype=bool)
    for _ in range(4):
        model, *_rest = np.linalg.lstsq(known[trusted], seen[trusted], rcond=None)
        away = np.linalg.norm(seen - known @ model, axis=1)
        spread = float(np.median(away))
        trusted = away <= max(4.0, 3.0 * spread)
    if trusted.mean() < plain_share:
        return None
    distance = np.linalg.norm(lab - terms @ model, axis=2)
    return np.asarray(distance * (_APART_MIN / max(_APART_MIN, 5.0 * spread)), dtype=np.float32)


def _quad(mask: Array) -> Quad | None:
    """The four corners of the mask's one large shape, None where it is none of four sides."""
    # Background lies beyond the border too; else what little there is of it before the border would be closed.
    wide = np.pad(mask.astype(np.uint8), _MARGIN)
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    shapes, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE, offset=(-_MARGIN, -_MARGIN))
    if not shapes:
        return None
    shape = max(shapes, key=cv2.contourArea)
    hull = cv2.convexHull(shape)
    around = cv2.arcLength(hull, closed=True)
    for share in (0.02, 0.03, 0.04, 0.05, 0.06):
        corners = cv2.approxPolyDP(hull, share * around, closed=True)
        if len(corners) == 4:
            quad = _ordered(corners.reshape(4, 2).astype(np.float64))
            filled = cv2.contourArea(shape) / max(1.0, cv2.contourArea(quad.astype(np.float32)))
            return quad if filled >= _FILLED_MIN else None
    return None


def _ordered(corners: Quad) -> Quad:
    """Clockwise from the top left, so that the upper side is the one that lies most level above the middle."""
    middle = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0])
    clockwise = corners[np.argsort(angles)]
    sides = np.roll(clockwise, -1, axis=0) - clockwise
    level = np.abs(np.arctan2(sides[:, 1], sides[:, 0]))
    return np.asarray(np.roll(clockwise, -int(np.argmin(level)), axis=0))


def _is_plausible(quad: Quad, apart: Array) -> bool:
    """Whether a flat rectangle may look so, seen at a slant, whole within the picture."""
    height, width = apart.shape
    share = cv2.contourArea(quad.astype(np.float32)) / (height * width)
    sides = np.roll(quad, -1, axis=0) - quad
    lengths = np.linalg.norm(sides, axis=1)
    cosines = np.abs(np.sum(sides * np.roll(sides, -1, axis=0), axis=1)) / (lengths * np.roll(lengths, -1))
    across, down = lengths[[0, 2]], lengths[[1, 3]]
    means = float(across.mean()), float(down.mean())
    inside = (quad >= -_BEYOND).all() and (quad <= (width - 1 + _BEYOND, height - 1 + _BEYOND)).all()
    return bool(
        inside
        and AREA_MIN <= share <= AREA_MAX
        and cosines.max() <= _ANGLE_COSINE_MAX
        and max(across.max() / across.min(), down.max() / down.min()) <= _SIDES_RATIO_MAX
        and max(means) / min(means) <= ASPECT_MAX
    )


def _measured(rough: Quad, lab: Array) -> Quad | None:
    """The same corners, from sides that follow the outermost edge near them; None where a side is no clear edge."""
    sides = [_side(rough[number], rough[(number + 1) % 4], lab) for number in range(4)]
    known = [side for side in sides if side is not None]
    if len(known) < 4:
        return None
    return np.array([_crossing(known[number - 1], known[number]) for number in range(4)])


def _side(begin: Array, end: Array, lab: Array) -> tuple[Array, Array] | None:
    """A point and the direction of the line that the edge near `begin`..`end` follows, corners left out."""
    along = (end - begin) / np.linalg.norm(end - begin)
    outward = np.array([along[1], -along[0]])
    reach = 3.0 + max(4.0, 0.02 * max(lab.shape[:2]))
    offsets = np.arange(-reach, reach + 0.5, 0.5)
    places = begin + np.linspace(0.08, 0.92, _SAMPLES)[:, None] * (end - begin)
    grid = places[:, None] + offsets[None, :, None] * outward
    maps = grid.astype(np.float32)
    profile = cv2.remap(lab, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    step = np.linalg.norm(profile[:, 8:-4] - profile[:, 4:-8], axis=2)
    wide = np.linalg.norm(profile[:, 12:] - profile[:, :-12], axis=2)
    # The outermost, since a page may have a frame near its edge; but a shadow around it fades over a wider way.
    enough = np.maximum(_STEP_MIN, _OF_STRONGEST * step.max(axis=1, keepdims=True))
    crest = (
        (step >= enough)
        & (step >= _ABRUPT * wide)
        & (step >= np.roll(step, 1, axis=1))
        & (step >= np.roll(step, -1, axis=1))
    )
    outermost = step.shape[1] - 1 - np.argmax(crest[:, ::-1], axis=1)
    clear = crest.any(axis=1)
    points = places + (offsets[6:-6][outermost] + _between(step, outermost) * 0.5)[:, None] * outward
    if clear.mean() < _STEPS_SHARE:
        return None
    return _line(points[clear], stray=_STRAY_MAX * max(lab.shape[:2]))


def _between(step: Array, at: Array) -> Array:
    """By how many samples the crest lies beside the strongest one, by the parabola through it and its neighbours."""
    rows = np.arange(len(at))
    left, middle, right = (step[rows, np.clip(at + by, 0, step.shape[1] - 1)] for by in (-1, 0, 1))
    bend = left - 2 * middle + right
    return np.asarray(np.clip(np.where(bend < 0, (left - right) / (2 * np.minimum(bend, -1e-6)), 0.0), -0.5, 0.5))


def _line(points: Array, stray: float) -> tuple[Array, Array] | None:
    """The line that most points lie on; None where too few do."""
    kept = points
    for _ in range(4):
        vx, vy, x, y = cv2.fitLine(kept.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
        away = np.abs((points[:, 0] - x) * vy - (points[:, 1] - y) * vx)
        near = away <= max(stray, 1.0)
        if near.mean() < _STEPS_SHARE:
            return None
        kept = points[near]
    return np.array([x, y], dtype=np.float64), np.array([vx, vy], dtype=np.float64)


def _crossing(one: tuple[Array, Array], other: tuple[Array, Array]) -> Array:
    (at, along), (from_, towards) = one, other
    way = np.linalg.solve(np.stack([along, -towards], axis=1), from_ - at)
    return np.asarray(at + way[0] * along)


def _is_sheet(quad: Quad, apart: Array, lab: Array) -> bool:
    """Whether the inside is another thing than the outside, the outside bare, and the outline photographed."""
    if not _is_plausible(quad, apart):
        return False
    inside = np.zeros((apart.shape[0], apart.shape[1]), np.uint8)
    cv2.fillConvexPoly(inside, np.round(quad).astype(np.int32), (1,))
    margin = np.ones((2 * max(3, round(0.02 * max(apart.shape))) + 1,) * 2, np.uint8)
    core, beyond = cv2.erode(inside, margin) > 0, cv2.dilate(inside, margin) == 0
    if np.mean(apart[core] >= _APART_MIN) < _INSIDE_APART_MIN:
        return False
    light = np.ascontiguousarray(lab[..., 0])
    slope = cv2.magnitude(cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)) / 4
    if beyond.any() and np.mean(slope[beyond] >= _EDGE_SLOPE) > _OUTSIDE_EDGES_MAX:
        return False
    border = beyond & _ring(beyond.shape, _RING)
    if not border.any() or np.mean(apart[border] < _APART_MIN) < _PLAIN_SHARE:
        return False
    return not _is_drawn(quad, apart)


def _is_drawn(quad: Quad, apart: Array) -> bool:
    """Whether it lies level and in the middle to the pixel, as a printed panel does and nothing laid by hand."""
    sides = np.roll(quad, -1, axis=0) - quad
    turns = np.degrees(np.arctan2(sides[:, 1], sides[:, 0])) % 90
    height, width = apart.shape
    margins = quad[:, 0].min() - (width - 1 - quad[:, 0].max()), quad[:, 1].min() - (height - 1 - quad[:, 1].max())
    return bool(np.minimum(turns, 90 - turns).max() <= _DRAWN_DEGREES and max(map(abs, margins)) <= _DRAWN_PIXELS)


def cut_out(picture: Picture, outline: Outline) -> tuple[Picture, Array]:
    """The sheet seen from above, as large as its sides are, and the matrix that takes the picture's points to it."""
    quad = np.array(outline.corners, dtype=np.float64)
    lengths = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    width, height = (max(1, round(float(lengths[[first, first + 2]].mean()))) for first in (0, 1))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    level = cv2.warpPerspective(
        picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(level, dtype=np.uint8), np.asarray(matrix)
