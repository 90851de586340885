"""Pictures without any text: whoever turns one of them has seen a phantom."""

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.documents.degradations import Pixels, Rng

_SIZE = (900, 700)


def probes(seed: int) -> Mapping[str, Pixels]:
    """By name; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "blank paper": _paper(rng, 0.0),
        "blank paper, grainy": _paper(rng, 12.0),
        "grey noise": rng.integers(0, 256, (*_SIZE, 1), dtype=np.uint8).repeat(3, axis=2),
        "coloured noise": rng.integers(0, 256, (*_SIZE, 3), dtype=np.uint8),
        "soft noise": _soft(rng),
        "dark room": _dark(rng),
        "stripes": _stripes(),
        "clouds": _clouds(rng),
    }


def _paper(rng: Rng, deviation: float) -> Pixels:
    return _pixels(np.full((*_SIZE, 3), 243.0) + rng.normal(0, deviation, (*_SIZE, 3)))


def _soft(rng: Rng) -> Pixels:
    return _pixels(cv2.GaussianBlur(rng.normal(128, 400, (*_SIZE, 3)), (0, 0), 3))


def _dark(rng: Rng) -> Pixels:
    return _pixels(rng.normal(14, 7, (*_SIZE, 3)))


def _stripes() -> Pixels:
    wave = 128 + 90 * np.sin(np.arange(_SIZE[1]) / 9)
    return _pixels(np.broadcast_to(wave[None, :, None], (*_SIZE, 3)))


def _clouds(rng: Rng) -> Pixels:
    coarse = rng.uniform(60, 230, (9, 7, 3))
    return _pixels(cv2.resize(coarse, (_SIZE[1], _SIZE[0]), interpolation=cv2.INTER_CUBIC))


def _pixels(values: NDArray[Any]) -> Pixels:
    return np.asarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
