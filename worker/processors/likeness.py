"""How much alike two pictures look: structural similarity of brightness and, with less weight, of colour."""

import cv2
import numpy as np

from worker.processors.picture import Array, Picture

_WINDOW = (7, 7)
_STABLE_MEAN, _STABLE_SPREAD = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_COLOUR_WEIGHT = 0.1
"""Of each of the two colour channels. The eye forgives lost colour detail, but not on red print or a stamp."""


class Likeness:
    """Compares pictures with one original of the same size."""

    def __init__(self, original: Picture) -> None:
        self._planes = [_Plane(plane) for plane in _planes(original)]

    def of(self, other: Picture) -> float:
        """From about 0 for nothing in common to 1 for the same picture."""
        bright, red, blue = (
            plane.likeness(against) for plane, against in zip(self._planes, _planes(other), strict=True)
        )
        return (1 - 2 * _COLOUR_WEIGHT) * bright + _COLOUR_WEIGHT * (red + blue)


def _planes(picture: Picture) -> list[Array]:
    """Brightness at full and the two colours at half resolution, as the eye sees them."""
    bright, red, blue = cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb))
    half = max(1, picture.shape[1] // 2), max(1, picture.shape[0] // 2)
    colours = [cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (red, blue)]
    return [plane.astype(np.float32) for plane in (bright, *colours)]


class _Plane:
    """One channel of the original, with what its comparisons have in common."""

    def __init__(self, plane: Array) -> None:
        self._plane = plane
        self._mean = _mean(plane)
        self._spread = _mean(plane * plane) - self._mean**2

    def likeness(self, other: Array) -> float:
        mean = _mean(other)
        spread = _mean(other * other) - mean**2
        common = _mean(self._plane * other) - self._mean * mean
        means = (2 * self._mean * mean + _STABLE_MEAN) / (self._mean**2 + mean**2 + _STABLE_MEAN)
        spreads = (2 * common + _STABLE_SPREAD) / (self._spread + spread + _STABLE_SPREAD)
        return float(np.mean(means * spreads))


def _mean(plane: Array) -> Array:
    return np.asarray(cv2.blur(plane, _WINDOW))
