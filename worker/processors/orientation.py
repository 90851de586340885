"""Which way is up: quarter turns by a model whose word is checked by what can be read; small slants by the text lines.

A picture is never turned on the model's word alone: on blank paper, on noise or on a face it answers too.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from worker.processors.libraries import prepare_libraries
from worker.processors.ocr import Line, Reading
from worker.processors.picture import Array, Colour, Picture, turned

DESKEW_DEGREES_MIN = 0.3
"""Below it a slant is not seen, and turning would only blur."""
DESKEW_DEGREES_MAX = 15.0
DESKEW_LINES_MIN = 3
"""Fewer lines say too little of a page's slant."""
_DOUBT = 5.5
"""Three standard errors of a median, for each deviation from it over the root of the count: detection puts the corners
of level lines up to a degree apart, and eight lines of a level card were seen with a median of 0.36."""
SURE = 0.8
"""From this probability on the model's turn is the only one that is read; on clean pages it says 0.92."""
EVIDENCE_MIN = 8.0
"""A turn wants at least so many characters, each weighed by its line's score, to be readable after it."""
ADVANTAGE = 1.3
"""A turned picture must read by so much better than an unturned one where both were read."""
_SHORT_SIDE, _CROP = 256, 224
_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
_SPREAD = np.array([0.229, 0.224, 0.225], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Oriented:
    """A picture the right way up, how many quarters it was turned counter-clockwise, and what is read on it."""

    picture: Picture
    quarter_turns: int
    reading: Reading


class TurnModel(Protocol):
    """Guesses how a picture of a document has to be turned."""

    def probabilities(self, picture: Picture) -> Sequence[float]:
        """How likely the picture stands upright after 0, 1, 2 and 3 quarters counter-clockwise; they sum to 1."""


class OrientationModel:
    """PP-LCNet's four-way classifier of document pictures."""

    def __init__(self, folder: Path) -> None:
        """Load `inference.onnx` from the folder; raises FileNotFoundError where it is absent."""
        if not (network := folder / "inference.onnx").is_file():
            raise FileNotFoundError(f"model file missing: {network}")
        prepare_libraries()
        # Loaded here: what else stands in this file needs no engine.
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])

    def probabilities(self, picture: Picture) -> tuple[float, ...]:
        """How likely the picture stands upright after 0, 1, 2 and 3 quarters counter-clockwise; they sum to 1."""
        answer = self._session.run(None, {self._session.get_inputs()[0].name: _model_input(picture)})[0]
        return tuple(float(value) for value in np.asarray(answer)[0])


def _model_input(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    height, width = picture.shape[:2]
    scale = _SHORT_SIDE / min(height, width)
    size = (max(_CROP, round(width * scale)), max(_CROP, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR)
    top, left = (small.shape[0] - _CROP) // 2, (small.shape[1] - _CROP) // 2
    middle = small[top : top + _CROP, left : left + _CROP].astype(np.float32) / 255
    return np.ascontiguousarray(((middle - _MEAN) / _SPREAD).transpose(2, 0, 1)[None])


def candidates(probabilities: Sequence[float]) -> tuple[int, ...]:
    """The turns worth reading, likeliest first: one where the model is sure, else its two best and no turn."""
    ranked = sorted(range(4), key=lambda turns: -probabilities[turns])
    if probabilities[ranked[0]] >= SURE:
        return (ranked[0],)
    return tuple(dict.fromkeys((*ranked[:2], 0)))


def orient(picture: Picture, turns: Sequence[int], read: Callable[[Picture], Reading]) -> Oriented:
    """Read the picture after each of the turns and keep the one that reads best; in doubt it stays as it is."""
    tried = [_read_after(picture, quarter_turns, read) for quarter_turns in turns]
    best = max(tried, key=lambda oriented: oriented.reading.evidence)
    if best.quarter_turns == 0 or (len(tried) == 1 and best.reading.evidence >= EVIDENCE_MIN):
        return best
    upright = next((one for one in tried if one.quarter_turns == 0), None) or _read_after(picture, 0, read)
    enough = max(EVIDENCE_MIN, upright.reading.evidence * ADVANTAGE)
    return best if best.reading.evidence >= enough else upright


def _read_after(picture: Picture, quarter_turns: int, read: Callable[[Picture], Reading]) -> Oriented:
    upright = turned(picture, quarter_turns)
    return Oriented(upright, quarter_turns, read(upright))


def slant(lines: Sequence[Line]) -> float:
    """By how many degrees the text rises to the right: the median over the lines, 0 where they cannot tell."""
    angles = np.array([line.angle for line in lines if line.is_wide])
    if len(angles) < DESKEW_LINES_MIN:
        return 0.0
    middle = float(np.median(angles))
    doubt = _DOUBT * float(np.median(np.abs(angles - middle))) / math.sqrt(len(angles))
    return middle if max(DESKEW_DEGREES_MIN, doubt) <= abs(middle) <= DESKEW_DEGREES_MAX else 0.0


def straightened(picture: Picture, rise_degrees: float, background: Colour) -> Picture:
    """The picture turned so that its text lies level, on a sheet large enough to lose no corner."""
    if rise_degrees == 0:
        return picture
    matrix, size = level_matrix(picture, rise_degrees)
    level = cv2.warpAffine(
        picture, matrix[:2], size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=background
    )
    return np.asarray(level, dtype=np.uint8)


def level_matrix(picture: Picture, rise_degrees: float) -> tuple[Array, tuple[int, int]]:
    """The 3 x 3 matrix that takes a picture's points to the level one, and that one's width and height."""
    height, width = picture.shape[:2]
    sine, cosine = abs(math.sin(math.radians(rise_degrees))), abs(math.cos(math.radians(rise_degrees)))
    size = math.ceil(width * cosine + height * sine), math.ceil(width * sine + height * cosine)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -rise_degrees, 1.0)
    matrix[0, 2] += (size[0] - width) / 2
    matrix[1, 2] += (size[1] - height) / 2
    return np.vstack([matrix, (0.0, 0.0, 1.0)]), size
