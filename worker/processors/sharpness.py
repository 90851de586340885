"""How sharp a page is, whatever blurred it: the weakest direction of its detail, measured in its spectrum.

Writing has strokes in all directions. Where fine detail is gone against coarse detail in one of them, the camera moved
that way; where it is gone in all, it was out of focus. Detail that merely gets finer with noise is taken out.
"""

from functools import cache
from typing import TypeAlias

import cv2
import numpy as np

from worker.processors.noise import deviation
from worker.processors.picture import Array, Grey

SIDE = 512
"""The longer side that is looked at, in pixels: what is finer than this can show tells more of noise than of blur."""
DIRECTIONS = 8
Bands: TypeAlias = tuple[tuple[float, float], tuple[float, float]]
"""What is coarse and what is fine, in cycles a pixel."""
_WORDS: Bands = ((0.04, 0.07), (0.14, 0.2))
"""The words and lines of a page, or the features of a face, and the strokes of small print."""
_STROKES: Bands = ((0.1, 0.14), (0.2, 0.28))
"""Letters and their edges. An octave apart, sharp edges lose the same whatever the size of the letters, so that pages
of small print can be compared with cards. Coarser, a small blur does not count; finer, small pictures have nothing."""
_BACKGROUND = 10.0
_TAPER = 16
_FLOOR = 0.05
_OVER_FLOOR = 4
_CUT = 1.8
LEAST = -10.0


def details(grey: Grey) -> tuple[float, float | None]:
    """The logarithm of fine against coarse detail, in the weakest direction but one: of words, and of their strokes.

    The sharper, the higher. Of words it is -0.7 to -2.7 on sharp pages and below -3.5 on pages that recognition cannot
    read, `LEAST` where noise hides it; None for strokes where there are none, or noise hides them.
    """
    small = _shrunk(grey)
    # Shrinking leaves less of the finest noise than of the rest, and white paper cuts its noise in half.
    noise = (_CUT * deviation(small)) ** 2
    # What does not stand out of the noise by its own deviation is not detail.
    floor = _FLOOR + 0.3 * noise
    power = np.abs(np.fft.rfft2(_prepared(small), (SIDE, SIDE))) ** 2 / small.size
    words, strokes = (_detail(power, bands, noise, floor) for bands in (_WORDS, _STROKES))
    return (LEAST if words is None else words), strokes


def _detail(power: Array, bands: Bands, noise: float, floor: float) -> float | None:
    coarse, fine = (_by_direction(power, _bins(band)) - noise for band in bands)
    # The usual direction's: a long movement wipes out the coarse detail of its own, and a straight edge adds some.
    usual = float(np.median(coarse))
    if usual < _OVER_FLOOR * floor:
        return None
    # The very weakest may be an accident of what is drawn.
    return float(np.sort(np.log(np.maximum(fine, floor) / usual))[1])


def _shrunk(grey: Grey) -> Grey:
    scale = SIDE / max(grey.shape)
    size = max(16, round(grey.shape[1] * scale)), max(16, round(grey.shape[0] * scale))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _prepared(small: Grey) -> Grey:
    """Without its large shapes, and fading to nothing at the border, whose edge is none of the page's."""
    level = small - cv2.GaussianBlur(small, (0, 0), _BACKGROUND)
    down, across = (np.arange(length, dtype=np.float32) for length in small.shape)
    fade = [np.minimum(1, np.minimum(ramp, ramp[::-1]) / _TAPER) for ramp in (down, across)]
    return np.asarray(level * fade[0][:, None] * fade[1][None], dtype=np.float32)


def _by_direction(power: Array, bins: list[Array]) -> Array:
    flat = power.ravel()
    return np.array([flat[places].mean() for places in bins])


@cache
def _bins(band: tuple[float, float]) -> list[Array]:
    """The places of the spectrum that hold a band's detail, by direction; ruled lines left out."""
    down, across = np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None]
    radius = np.hypot(across, down)
    turn = np.degrees(np.arctan2(down, across)) % 180
    direction = np.floor((turn + 90 / DIRECTIONS) / (180 / DIRECTIONS)).astype(int) % DIRECTIONS
    free = (np.abs(across) >= 2 / SIDE) & (np.abs(down) >= 2 / SIDE)
    within = free & (radius >= band[0]) & (radius < band[1])
    return [np.flatnonzero((within & (direction == one)).ravel()) for one in range(DIRECTIONS)]
