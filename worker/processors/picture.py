"""What the processors hand each other: a picture as an array, and colours."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from worker.contract import ErrorCode
from worker.faults import DocumentFault

Picture: TypeAlias = NDArray[np.uint8]
"""Height x width x 3, red, green, blue, 0..255."""
Grey: TypeAlias = NDArray[np.float32]
"""Height x width, 0..255."""
Array: TypeAlias = NDArray[Any]
Colour: TypeAlias = tuple[int, int, int]
Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


def colour(name: str) -> Colour:
    """A colour name or #rrggbb as red, green, blue; raises DocumentFault(SCHEMA_INVALID) for a name nobody knows."""
    try:
        red, green, blue = ImageColor.getrgb(name)[:3]
    except ValueError as error:
        raise DocumentFault(ErrorCode.SCHEMA_INVALID, "schema_definition.background: is not a known colour") from error
    return red, green, blue


def within(picture: Picture, side_max: int) -> Picture:
    """The picture, made smaller where its longer side is above `side_max` pixels."""
    height, width = picture.shape[:2]
    if (longest := max(height, width)) <= side_max:
        return picture
    size = (max(1, round(width * side_max / longest)), max(1, round(height * side_max / longest)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def turned(picture: Picture, quarter_turns: int) -> Picture:
    """The picture turned counter-clockwise by so many quarters."""
    return np.ascontiguousarray(np.rot90(picture, quarter_turns % 4))
