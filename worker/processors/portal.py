"""The portal file: exact pixels, dpi and format, and as many kilobytes as the portal wants.

The file is what was checked: its final bytes are decoded again and compared with every figure of the schema.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from worker.contract import ErrorCode, PortalFile, Schema
from worker.faults import DocumentFault
from worker.processors.budget import Budget, Encoded, encoded
from worker.processors.encode import STAGE, Kind
from worker.processors.picture import Box, Colour, Picture, colour
from worker.processors.portal_check import figures

_KB = 1024
_KB_OF_OTHERS = 1000
"""Some portals count so: where it can be had, a file meets the figures whichever of the two is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """A portal file: its bytes, the figures read back from them, and what has to be said of it."""

    data: bytes
    figures: PortalFile
    warnings: tuple[str, ...]


def make_portal(picture: Picture, schema: Schema, focus: Box | None = None) -> Portal:
    """Fit and encode a picture as the schema wants it; `focus` is what a crop should keep, by default the middle.

    Raises DocumentFault with SIZE_UNREACHABLE, which names the nearest size, SCHEMA_INVALID for an unknown colour, or
    INTERNAL_ERROR where the final bytes read back with other figures.
    """
    made = _within(fit(picture, schema, focus), schema)
    read_back = figures(made.data)
    if wrong := _differences(read_back, schema):
        raise DocumentFault(ErrorCode.INTERNAL_ERROR, f"portal file: {wrong}", STAGE)
    told = _enlarged(picture, schema) + _cut(picture, schema, focus)
    return Portal(data=made.data, figures=read_back, warnings=told + made.warnings)


def fit(picture: Picture, schema: Schema, focus: Box | None = None) -> Picture:
    """The picture at exactly the target's pixels: padded with background, cropped around the focus, or stretched."""
    image, size = Image.fromarray(picture), (schema.target_width, schema.target_height)
    match schema.fit:
        case "stretch":
            return np.asarray(_resized(image, size))
        case "crop":
            box = _window(image.size, size, focus)
            return np.asarray(image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0))
        case "pad":
            return _on_sheet(image, size, colour(schema.background))
        case other:
            raise DocumentFault(ErrorCode.SCHEMA_INVALID, f"schema_definition.fit: {other[:20]} is not known")


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    # Lanczos with a prefilter for what shrinks a lot; other kernels leave jagged edges on text.
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _on_sheet(image: Image.Image, size: tuple[int, int], background: Colour) -> Picture:
    scale = min(size[0] / image.width, size[1] / image.height)
    inner = _resized(image, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    sheet = Image.new("RGB", size, background)
    sheet.paste(inner, ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2))
    return np.asarray(sheet)


def _window(have: tuple[int, int], size: tuple[int, int], focus: Box | None) -> Box:
    """The largest part of the picture that has the target's shape, as near to the focus's middle as can be."""
    scale = max(size[0] / have[0], size[1] / have[1])
    width, height = min(have[0], size[0] / scale), min(have[1], size[1] / scale)
    left, top, right, bottom = focus or (0.0, 0.0, float(have[0]), float(have[1]))
    x = min(max(0.0, (left + right - width) / 2), have[0] - width)
    y = min(max(0.0, (top + bottom - height) / 2), have[1] - height)
    return x, y, x + width, y + height


def _within(fitted: Picture, schema: Schema) -> Encoded:
    """The fitted picture as a file of the wanted kilobytes, of 1000 bytes at the most and 1024 at the least if it can.

    Raises DocumentFault(SIZE_UNREACHABLE).
    """
    kind = _kind(schema.output_format)
    low, high = (schema.min_kb or 0) * _KB, schema.max_kb * _KB
    budgets = [Budget(low=low, high=schema.max_kb * _KB_OF_OTHERS), Budget(low=low, high=high)]
    reached = 0
    for budget in [one for one in budgets if one.low <= one.high]:
        made = encoded(fitted, kind, schema.target_dpi, schema.quality, budget)
        if budget.holds(made.data):
            return made
        reached = len(made.data)
    wanted = f"{schema.min_kb or 0} to {schema.max_kb} KB"
    message = f"nearest size reached is {reached / _KB:.1f} KB, wanted are {wanted}"
    raise DocumentFault(ErrorCode.SIZE_UNREACHABLE, message)


def _kind(output_format: str) -> Kind:
    match output_format:
        case "jpeg" | "png" | "pdf":
            return output_format
        case other:
            raise DocumentFault(ErrorCode.SCHEMA_INVALID, f"schema_definition.output_format: {other[:20]} is not known")


def _differences(read_back: PortalFile, schema: Schema) -> str:
    wanted = {
        "width": schema.target_width,
        "height": schema.target_height,
        "dpi": schema.target_dpi,
        "format": schema.output_format,
    }
    wrong = [name for name, value in wanted.items() if getattr(read_back, name) != value]
    return ", ".join(f"{name} reads back as {getattr(read_back, name)}" for name in wrong)


def _enlarged(picture: Picture, schema: Schema) -> tuple[str, ...]:
    height, width = picture.shape[:2]
    scales = schema.target_width / width, schema.target_height / height
    if (min(scales) if schema.fit == "pad" else max(scales)) <= 1:
        return ()
    return (f"UPSCALED: the picture has {width} x {height} pixels, fewer than the portal wants",)


def _cut(picture: Picture, schema: Schema, focus: Box | None) -> tuple[str, ...]:
    if schema.fit != "crop" or focus is None:
        return ()
    size = schema.target_width, schema.target_height
    left, top, right, bottom = _window((picture.shape[1], picture.shape[0]), size, focus)
    if left <= focus[0] and top <= focus[1] and right >= focus[2] and bottom >= focus[3]:
        return ()
    return ("CROPPED: the portal's shape leaves out some of what was read",)
