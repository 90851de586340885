"""How well a page can be read by a person: a score in 0..1 made of named parts, at one working size.

No part mistakes noise for sharpness, none depends on how many pixels the picture has, and blur counts in whatever
direction it lies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import cv2
import numpy as np

from worker.processors.noise import deviation
from worker.processors.picture import Array, Grey, Picture
from worker.processors.sharpness import details

_SHARPNESS_OF_PHOTOS, _SHARPNESS_OF_PRINT = (-7.0, -4.5), (-5.2, -2.4)
"""The detail that makes the worst and the best of the part. Faces and pen strokes have little that is as fine as print:
of sharp photographs it is -3 to -4.3, of those whose blur is seen at the size of a portal below -5.5."""
_SHARPNESS_OF_STROKES = (-4.5, -1.6)
"""The same for the strokes of print, whose detail is -0.4 to -1.7 on sharp pages, however large the letters are."""
_CONTRAST_OF_PRINT, _CONTRAST_OF_OTHERS = (8, 120), (8, 80)
_EXPOSURE, _NOISE = (25, 190), (2, 18)
"""Levels of 255 that make the worst and the best of the parts: ink from paper, the paper, and the noise's deviation."""
_FAINT = 33
"""Levels from ink to paper below which a person is told of it."""
WORKING_SIDE = 1000
"""Pictures are scored with a longer side of so many pixels, whatever their own size."""
BLANK_BELOW = 0.0002
"""A page whose edges cover a smaller share of it is blank."""
_SMOOTHING = 1.0
_REACH = 15
_EDGE_MIN = 3.0
_EDGE_OVER_NOISE = 1.8
_EDGES_MIN = 100
_GLARE_SIDE = 250
_GLARE_OF_FADED = 0.75
"""The part where writing was lost, however small the spot."""
_BURNT = 250
_WHITE_PAPER = 240
_HALO = 2.0
"""Levels that a reflection loses from ring to ring around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the score is made of; each in 0..1, where 1 is best."""

    sharpness: float
    contrast: float
    exposure: float
    glare: float
    noise: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """A page's score, its parts, the measures behind them, whether it is blank, and advice for whoever took it."""

    score: float
    parts: Parts
    measures: Mapping[str, float]
    is_blank: bool
    warnings: tuple[str, ...]


_WEIGHTS = Parts(sharpness=0.8, contrast=0.3, exposure=0.3, glare=0.25, noise=0.15)
"""Powers of the parts in their product."""


def assess(picture: Picture, kind: str = "document") -> Quality:
    """Score one upright or unturned page, photo or signature; turning it by quarters changes nothing."""
    grey = _working(picture)
    is_print = kind == "document"
    measures = _measures(grey)
    is_blank = measures["edge_share"] < BLANK_BELOW
    contrast = _CONTRAST_OF_PRINT if is_print else _CONTRAST_OF_OTHERS
    parts = Parts(
        sharpness=0.0 if is_blank else _sharpness(measures, is_print=is_print),
        contrast=0.0 if is_blank else _rising(measures["edge_contrast"], *contrast),
        exposure=_rising(measures["bright"], *_EXPOSURE),
        glare=_falling(measures["glare_share"], 0.01, 0.3),
        noise=_falling(measures["noise"], *_NOISE),
    )
    return _judged(parts, measures, kind, is_blank=is_blank)


def with_faded_lines(quality: Quality, count: int) -> Quality:
    """A document's quality once it was read: so many of its lines fade, as under a lamp that white paper hides."""
    measures = {**quality.measures, "faded_lines": float(count)}
    if count == 0:
        return replace(quality, measures=measures)
    parts = replace(quality.parts, glare=min(quality.parts.glare, _GLARE_OF_FADED))
    return _judged(parts, measures, "document", is_blank=quality.is_blank)


def _judged(parts: Parts, measures: Mapping[str, float], kind: str, *, is_blank: bool) -> Quality:
    return Quality(
        score=0.0 if is_blank else _score(parts),
        parts=parts,
        measures={name: round(value, 4) for name, value in measures.items()},
        is_blank=is_blank,
        warnings=_advice(parts, measures, kind, is_blank=is_blank),
    )


def _sharpness(measures: Mapping[str, float], *, is_print: bool) -> float:
    """Of print the worse of two: a small blur takes the strokes' edges, a large one the strokes with their edges."""
    if not is_print:
        return _rising(measures["detail"], *_SHARPNESS_OF_PHOTOS)
    of_words = _rising(measures["detail"], *_SHARPNESS_OF_PRINT)
    return min(of_words, _rising(measures["stroke_detail"], *_SHARPNESS_OF_STROKES))


def _measures(grey: Grey) -> dict[str, float]:
    noise = deviation(grey)
    share, contrast = _edges(grey, noise)
    words, strokes = details(grey)
    dark, bright = (float(value) for value in np.percentile(grey[::2, ::2], (2, 95)))
    return {
        "detail": words,
        # Where strokes cannot be told they say nothing against the page.
        "stroke_detail": 0.0 if strokes is None else strokes,
        "edge_contrast": contrast,
        "edge_share": share,
        "glare_share": _glare(grey),
        "noise": noise,
        "dark": dark,
        "bright": bright,
    }


def _working(picture: Picture) -> Grey:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    scale = WORKING_SIDE / max(grey.shape)
    size = max(16, round(grey.shape[1] * scale)), max(16, round(grey.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=method), dtype=np.float32)


def _edges(grey: Grey, noise: float) -> tuple[float, float]:
    """The share of the page that is the crest of an edge, and how far ink stands from paper at the stronger ones."""
    smooth = cv2.GaussianBlur(grey, (0, 0), _SMOOTHING)
    slope = cv2.magnitude(cv2.Scharr(smooth, cv2.CV_32F, 1, 0), cv2.Scharr(smooth, cv2.CV_32F, 0, 1)) / 32
    # Of noise alone the steepest slope on a page is about its deviation once smoothed. Only crests count.
    crest = slope >= cv2.dilate(slope, np.ones((3, 3), np.uint8))
    strong = crest & (slope > max(_EDGE_MIN, _EDGE_OVER_NOISE * noise))
    count = int(np.count_nonzero(strong))
    if count < _EDGES_MIN:
        return 0.0, 0.0
    window = np.ones((_REACH, _REACH), np.uint8)
    height = cv2.dilate(smooth, window) - cv2.erode(smooth, window)
    # Ruled lines and tints may be faint on purpose, and of a form they are most of the edges: writing stands highest.
    return count / strong.size, float(np.percentile(height[strong], 97))


def _glare(grey: Grey) -> float:
    """The share of the page that a lamp burnt out: fully white, and fading into the paper without an edge."""
    scale = _GLARE_SIDE / max(grey.shape)
    size = max(16, round(grey.shape[1] * scale)), max(16, round(grey.shape[0] * scale))
    shrunk = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    small = cv2.morphologyEx(cv2.blur(shrunk, (3, 3)), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    burnt = cv2.morphologyEx((small >= _BURNT).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    rings = [_around(burnt, begin, end) for begin, end in ((1, 3), (5, 8), (12, 18))]
    # On paper that is white itself nothing can be told, and little is lost.
    if not burnt.any() or not all(ring.any() for ring in rings) or np.median(small) >= _WHITE_PAPER:
        return 0.0
    # White paper and white print end at an edge; a lamp's reflection has a halo.
    near, middle, far = (float(np.median(small[ring])) for ring in rings)
    return float(burnt.mean()) if near - middle >= _HALO and middle - far >= _HALO else 0.0


def _around(mask: Array, begin: int, end: int) -> Array:
    """The pixels from `begin` to `end` away from a mask."""
    inner, outer = (cv2.dilate(mask, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) for reach in (begin, end))
    return np.asarray((outer > 0) & (inner == 0))


def _rising(value: float, worst: float, best: float) -> float:
    return round(min(1.0, max(0.0, (value - worst) / (best - worst))), 4)


def _falling(value: float, best: float, worst: float) -> float:
    return round(1.0 - _rising(value, best, worst), 4)


def _score(parts: Parts) -> float:
    """The product of the parts' powers: one ruined part ruins the page."""
    names = [part.name for part in fields(Parts)]
    logs = [getattr(_WEIGHTS, name) * np.log(max(0.02, getattr(parts, name))) for name in names]
    return round(float(np.exp(sum(logs))), 4)


def _advice(parts: Parts, measures: Mapping[str, float], kind: str, *, is_blank: bool) -> tuple[str, ...]:
    if is_blank:
        return ("BLANK: the page shows nothing that could be read",)
    told = (
        (parts.sharpness < 0.5, "BLURRED: hold the camera still and let it focus"),
        (parts.glare < 0.8, "GLARE: tilt the page or the lamp, so that no light is mirrored"),
        (measures["edge_contrast"] < _FAINT and kind != "photo", "FAINT: the writing hardly differs from the paper"),
        (parts.exposure < 0.3, "DARK: take the picture in more light"),
        (parts.noise < 0.4, "NOISY: take the picture in more light"),
    )
    return tuple(advice for wanted, advice in told if wanted)
