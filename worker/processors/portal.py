"""The portal file: exact pixels, dpi and format, and as many kilobytes as the portal wants.

The file is what was checked: its final bytes are decoded again and compared with every figure of the schema.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from worker.contract import ErrorCode, PortalFile, Schema
from worker.faults import DocumentFault
from worker.processors import encode
from worker.processors.picture import Colour, Picture, colour
from worker.processors.portal_check import figures

_KB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """A portal file: its bytes, the figures read back from them, and what has to be said of it."""

    data: bytes
    figures: PortalFile
    warnings: tuple[str, ...]


def make_portal(picture: Picture, schema: Schema) -> Portal:
    """Fit and encode a picture as the schema wants it.

    Raises DocumentFault with SIZE_UNREACHABLE, which names the nearest size, SCHEMA_INVALID for an unknown colour, or
    INTERNAL_ERROR where the final bytes read back with other figures.
    """
    fitted = fit(picture, schema)
    low, high = (schema.min_kb or 0) * _KB, schema.max_kb * _KB
    made = _encoded(fitted, schema, low, high)
    data = encode.padded(made.data, schema.output_format, low, high)
    if not low <= len(data) <= high:
        raise DocumentFault(ErrorCode.SIZE_UNREACHABLE, _unreachable(schema, len(data)))
    read_back = figures(data)
    if wrong := _differences(read_back, schema):
        raise DocumentFault(ErrorCode.INTERNAL_ERROR, f"portal file: {wrong}", encode.STAGE)
    return Portal(data=data, figures=read_back, warnings=_upscaled(picture, schema) + made.warnings)


def fit(picture: Picture, schema: Schema) -> Picture:
    """The picture at exactly the target's pixels: padded with the background, cropped from its middle, or stretched."""
    image, size = Image.fromarray(picture), (schema.target_width, schema.target_height)
    match schema.fit:
        case "stretch":
            return np.asarray(_resized(image, size))
        case "crop":
            return _cropped(image, size)
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


def _cropped(image: Image.Image, size: tuple[int, int]) -> Picture:
    scale = max(size[0] / image.width, size[1] / image.height)
    width, height = min(image.width, size[0] / scale), min(image.height, size[1] / scale)
    left, top = (image.width - width) / 2, (image.height - height) / 2
    box = (left, top, left + width, top + height)
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0))


def _encoded(picture: Picture, schema: Schema, low: int, high: int) -> encode.Encoded:
    match schema.output_format:
        case "jpeg":
            return encode.jpeg(picture, schema.target_dpi, schema.quality, low, high)
        case "png":
            return encode.png(picture, schema.target_dpi, high)
        case "pdf":
            return encode.pdf(picture, schema.target_dpi, schema.quality, low, high)
        case other:
            raise DocumentFault(ErrorCode.SCHEMA_INVALID, f"schema_definition.output_format: {other[:20]} is not known")


def _unreachable(schema: Schema, size: int) -> str:
    wanted = f"{schema.min_kb or 0} to {schema.max_kb} KB"
    return f"nearest size reached is {size / _KB:.1f} KB, wanted are {wanted}"


def _differences(read_back: PortalFile, schema: Schema) -> str:
    wanted = {
        "width": schema.target_width,
        "height": schema.target_height,
        "dpi": schema.target_dpi,
        "format": schema.output_format,
    }
    wrong = [name for name, value in wanted.items() if getattr(read_back, name) != value]
    return ", ".join(f"{name} reads back as {getattr(read_back, name)}" for name in wrong)


def _upscaled(picture: Picture, schema: Schema) -> tuple[str, ...]:
    height, width = picture.shape[:2]
    if schema.target_width <= width or schema.target_height <= height:
        return ()
    return (f"UPSCALED: the picture has {width} x {height} pixels, fewer than the portal wants",)
