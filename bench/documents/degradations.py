"""What cameras, scanners and mail do to a page. Each step carries along where every point of the page went."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.documents.truth import Point, Polygon, Truth

Pixels: TypeAlias = NDArray[np.uint8]
Matrix: TypeAlias = NDArray[np.float64]
Rng: TypeAlias = np.random.Generator

GROUND = (104, 112, 121)
"""What lies around a page that was laid down to be photographed: plain, darker than paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A picture in red, green and blue, the homography from the page to it, and the quarters that make it upright."""

    pixels: Pixels
    matrix: Matrix
    quarter_turns: int = 0


class Step(Protocol):
    """One thing that happens to a picture."""

    def apply(self, shot: Shot, rng: Rng) -> Shot:
        """The picture afterwards; the same for the same state of `rng`."""


class Degradation:
    """Steps in their order, under a name."""

    def __init__(self, name: str, *steps: Step) -> None:
        self.name, self.steps = name, steps

    def __repr__(self) -> str:
        return self.name

    def apply(self, page: Pixels, truth: Truth, seed: Sequence[int]) -> tuple[Pixels, Truth]:
        """The degraded picture, and the truth with its places in it."""
        rng = np.random.default_rng([*seed, *self.name.encode()])
        shot = Shot(pixels=page, matrix=np.eye(3))
        for step in self.steps:
            shot = step.apply(shot, rng)
        lines = tuple(replace(line, polygon=_moved(line.polygon, shot.matrix)) for line in truth.lines)
        return shot.pixels, replace(truth, lines=lines, quarter_turns=shot.quarter_turns)


def _moved(polygon: Polygon, matrix: Matrix) -> Polygon:
    a, b, c, d = (_point(matrix @ (x, y, 1.0)) for x, y in polygon)
    return a, b, c, d


def _point(homogeneous: Matrix) -> Point:
    x, y, scale = (float(value) for value in homogeneous)
    return round(x / scale, 2), round(y / scale, 2)


def _seen(shot: Shot, pixels: NDArray[Any]) -> Shot:
    return replace(shot, pixels=np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


@dataclass(frozen=True, slots=True)
class Blur:
    """Out of focus: a Gaussian of `sigma` pixels."""

    sigma: float

    def apply(self, shot: Shot, rng: Rng) -> Shot:  # noqa: ARG002 - nothing is left open
        return _seen(shot, cv2.GaussianBlur(shot.pixels, (0, 0), self.sigma))


@dataclass(frozen=True, slots=True)
class Motion:
    """The camera moved by `length` pixels, in any direction."""

    length: int

    def apply(self, shot: Shot, rng: Rng) -> Shot:
        angle = rng.uniform(0, math.pi)
        reach = self.length / 2
        size = self.length + 2 | 1
        # Drawn large and reduced, so that a slanted path has soft edges.
        fine = np.zeros((size * 8, size * 8), np.uint8)
        middle = size * 4
        across, down = reach * 8 * math.cos(angle), reach * 8 * math.sin(angle)
        ends = [(round(middle - across), round(middle - down)), (round(middle + across), round(middle + down))]
        cv2.line(fine, ends[0], ends[1], (255,), 8)
        path = cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA).astype(np.float64)
        return _seen(shot, cv2.filter2D(shot.pixels, -1, path / path.sum(), borderType=cv2.BORDER_REPLICATE))


@dataclass(frozen=True, slots=True)
class Noise:
    """Grain of `deviation` on every pixel, half of it in colour."""

    deviation: float

    def apply(self, shot: Shot, rng: Rng) -> Shot:
        height, width = shot.pixels.shape[:2]
        share = self.deviation / math.sqrt(2)
        grain = rng.normal(0, share, (height, width, 1)) + rng.normal(0, share, (height, width, 3))
        return _seen(shot, shot.pixels + grain)


@dataclass(frozen=True, slots=True)
class Dim:
    """Too little light: `light` of it, falling off from a corner."""

    light: float

    def apply(self, shot: Shot, rng: Rng) -> Shot:
        height, width = shot.pixels.shape[:2]
        lamp = rng.uniform(0, 1, 2)
        down, across = np.mgrid[0:height, 0:width]
        away = np.hypot(across / width - lamp[0], down / height - lamp[1])
        return _seen(shot, shot.pixels * (self.light * (1.05 - 0.3 * away))[:, :, None])


@dataclass(frozen=True, slots=True)
class Faint:
    """Washed out: only `contrast` of what there was between ink and paper."""

    contrast: float

    def apply(self, shot: Shot, rng: Rng) -> Shot:  # noqa: ARG002 - nothing is left open
        return _seen(shot, 232 - (232 - shot.pixels.astype(np.float64)) * self.contrast)


@dataclass(frozen=True, slots=True)
class Glare:
    """A lamp mirrored in the lamination: a bright spot that hides `strength` of the ink in its middle."""

    strength: float

    def apply(self, shot: Shot, rng: Rng) -> Shot:
        height, width = shot.pixels.shape[:2]
        centre_x, centre_y = rng.uniform(0.25, 0.75) * width, rng.uniform(0.25, 0.75) * height
        reach = 0.16 * min(height, width)
        down, across = np.mgrid[0:height, 0:width]
        away = np.hypot((across - centre_x) / (1.6 * reach), (down - centre_y) / reach)
        share = (self.strength * np.exp(-(away**2)))[:, :, None]
        return _seen(shot, shot.pixels * (1 - share) + 255 * share)


@dataclass(frozen=True, slots=True)
class Jpeg:
    """Saved once as a JPEG of that quality."""

    quality: int

    def apply(self, shot: Shot, rng: Rng) -> Shot:  # noqa: ARG002 - nothing is left open
        done, data = cv2.imencode(".jpg", shot.pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        assert done
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        return _seen(shot, decoded[:, :, ::-1])


@dataclass(frozen=True, slots=True)
class Scale:
    """Made smaller to a share of its size."""

    factor: float

    def apply(self, shot: Shot, rng: Rng) -> Shot:  # noqa: ARG002 - nothing is left open
        height, width = shot.pixels.shape[:2]
        size = round(width * self.factor), round(height * self.factor)
        small = cv2.resize(shot.pixels, size, interpolation=cv2.INTER_AREA)
        across, down = size[0] / width, size[1] / height
        return replace(_seen(shot, small), matrix=np.diag([across, down, 1.0]) @ shot.matrix)


@dataclass(frozen=True, slots=True)
class Skew:
    """Laid down askew by `degrees`, to either side, on a ground large enough for all corners."""

    degrees: float

    def apply(self, shot: Shot, rng: Rng) -> Shot:
        degrees = self.degrees * (1 if rng.random() < 0.5 else -1)
        height, width = shot.pixels.shape[:2]
        sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
        turn = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
        return _laid(shot, turn, ((0, 0), (width, 0), (width, height), (0, height)), rim=0.0)


@dataclass(frozen=True, slots=True)
class Perspective:
    """Photographed from aslant on a plain ground: every corner moved by up to `share` of the page's sides."""

    share: float

    def apply(self, shot: Shot, rng: Rng) -> Shot:
        height, width = shot.pixels.shape[:2]
        corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
        moved = corners + rng.uniform(-self.share, self.share, (4, 2)) * (width, height)
        matrix = np.asarray(cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), np.float64)
        return _laid(shot, matrix, tuple((float(x), float(y)) for x, y in corners), rim=0.06)


@dataclass(frozen=True, slots=True)
class Turn:
    """Turned clockwise, so that `quarters` counter-clockwise make it upright again."""

    quarters: int

    def apply(self, shot: Shot, rng: Rng) -> Shot:  # noqa: ARG002 - nothing is left open
        matrix = shot.matrix
        for _ in range(self.quarters % 4):
            height = shot.pixels.shape[0]
            matrix = np.array([[0, -1, height], [1, 0, 0], [0, 0, 1]]) @ matrix
            shot = replace(shot, pixels=np.ascontiguousarray(np.rot90(shot.pixels, -1)))
        return replace(shot, matrix=matrix, quarter_turns=(shot.quarter_turns + self.quarters) % 4)


def _laid(shot: Shot, matrix: Matrix, corners: Sequence[Point], *, rim: float) -> Shot:
    """The page under the homography, on a ground that shows all its corners and a rim around them."""
    moved = np.array([_point(matrix @ (x, y, 1.0)) for x, y in corners])
    low, high = moved.min(axis=0), moved.max(axis=0)
    margin = rim * (high - low)
    size = np.ceil(high - low + 2 * margin).astype(int)
    shift = np.array([[1, 0, margin[0] - low[0]], [0, 1, margin[1] - low[1]], [0, 0, 1]])
    whole = shift @ matrix
    pixels = cv2.warpPerspective(
        shot.pixels,
        whole,
        (int(size[0]), int(size[1])),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=GROUND,
    )
    return replace(_seen(shot, pixels), matrix=whole @ shot.matrix)
