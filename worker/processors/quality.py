"""How well a page can be read by a person: a score in 0..1 made of named parts, at one working size.

The parts do not mistake noise for sharpness: edges are found above the page's own noise, and judged by how wide they
are. A camera that moved widens edges across its path only, so the worst direction counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import cv2
import numpy as np

from worker.processors.picture import Grey, Picture

WORKING_SIDE = 1000
"""Pictures are scored with a longer side of so many pixels, whatever their own size."""
BLANK_BELOW = 0.0002
"""A page whose edges cover a smaller share of it is blank."""
_SMOOTHING = 1.0
_REACH = 15
_EDGE_MIN = 3.0
_EDGE_OVER_NOISE = 1.8
_EDGES_MIN = 100
_DIRECTION_SHARE_MIN = 0.04


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the score is made of; each in 0..1, where 1 is best."""

    sharpness: float
    contrast: float
    exposure: float
    noise: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """A page's score, its parts, the measures behind them, whether it is blank, and advice for whoever took it."""

    score: float
    parts: Parts
    measures: Mapping[str, float]
    is_blank: bool
    warnings: tuple[str, ...]


_WEIGHTS = Parts(sharpness=0.45, contrast=0.25, exposure=0.2, noise=0.1)


def assess(picture: Picture) -> Quality:
    """Score one upright or unturned page; turning it by quarters changes nothing."""
    grey = _working(picture)
    noise = _noise(grey)
    smooth = cv2.GaussianBlur(grey, (0, 0), _SMOOTHING)
    edges = _edges(np.asarray(smooth, dtype=np.float32), noise)
    dark, bright = (float(value) for value in np.percentile(grey, (2, 95)))
    is_blank = edges.share < BLANK_BELOW
    parts = Parts(
        sharpness=0.0 if is_blank else _falling(edges.width, 3.4, 9.0),
        contrast=0.0 if is_blank else _rising(edges.contrast, 15, 90),
        exposure=_rising(bright, 40, 150),
        noise=_falling(noise, 4, 40),
    )
    measures = {
        "edge_width": edges.width,
        "edge_contrast": edges.contrast,
        "edge_share": edges.share,
        "noise": noise,
        "dark": dark,
        "bright": bright,
    }
    rounded = {name: round(value, 4) for name, value in measures.items()}
    score = 0.0 if is_blank else _score(parts)
    return Quality(
        score=score, parts=parts, measures=rounded, is_blank=is_blank, warnings=_advice(parts, is_blank=is_blank)
    )


def _working(picture: Picture) -> Grey:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    scale = WORKING_SIDE / max(grey.shape)
    size = max(16, round(grey.shape[1] * scale)), max(16, round(grey.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=method), dtype=np.float32)


def _noise(grey: Grey) -> float:
    """The noise's deviation, from the median of the finest diagonal detail: text covers too little to matter."""
    even = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]
    detail = (even[::2, ::2] - even[::2, 1::2] - even[1::2, ::2] + even[1::2, 1::2]) / 2
    return float(np.median(np.abs(detail))) / 0.6745


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edges:
    """Their share of the page, and over the worst direction the median width in pixels; the median contrast of all."""

    share: float
    width: float
    contrast: float


def _edges(smooth: Grey, noise: float) -> _Edges:
    across = cv2.Scharr(smooth, cv2.CV_32F, 1, 0) / 32
    down = cv2.Scharr(smooth, cv2.CV_32F, 0, 1) / 32
    slope = np.hypot(across, down)
    window = np.ones((_REACH, _REACH), np.uint8)
    height = cv2.dilate(smooth, window) - cv2.erode(smooth, window)
    # Of noise alone the steepest slope on a page is about its deviation once smoothed. Only crests count.
    crest = slope >= cv2.dilate(slope, np.ones((3, 3), np.uint8))
    strong = crest & (slope > max(_EDGE_MIN, _EDGE_OVER_NOISE * noise))
    share = float(np.count_nonzero(strong)) / strong.size
    if np.count_nonzero(strong) < _EDGES_MIN:
        return _Edges(share=0.0, width=0.0, contrast=0.0)
    widths, contrasts = (height[strong] / slope[strong]), height[strong]
    directions = (np.round(np.arctan2(down[strong], across[strong]) / (np.pi / 4)).astype(int)) % 4
    told = [widths[directions == one] for one in range(4) if np.mean(directions == one) >= _DIRECTION_SHARE_MIN]
    width = max(float(np.median(one)) for one in told or [widths])
    return _Edges(share=share, width=width, contrast=float(np.median(contrasts)))


def _rising(value: float, worst: float, best: float) -> float:
    return round(min(1.0, max(0.0, (value - worst) / (best - worst))), 4)


def _falling(value: float, best: float, worst: float) -> float:
    return round(1.0 - _rising(value, best, worst), 4)


def _score(parts: Parts) -> float:
    """The weighted geometric mean: one ruined part ruins the page."""
    names = [part.name for part in fields(Parts)]
    logs = [getattr(_WEIGHTS, name) * np.log(max(0.02, getattr(parts, name))) for name in names]
    return round(float(np.exp(sum(logs))), 4)


def _advice(parts: Parts, *, is_blank: bool) -> tuple[str, ...]:
    if is_blank:
        return ("BLANK: the page shows nothing that could be read",)
    told = (
        (parts.sharpness < 0.6, "BLURRED: hold the camera still and let it focus"),
        (parts.contrast < 0.35, "FAINT: the writing hardly differs from the paper"),
        (parts.exposure < 0.35, "DARK: take the picture in more light"),
        (parts.noise < 0.4, "NOISY: take the picture in more light"),
    )
    return tuple(advice for wanted, advice in told if wanted)
