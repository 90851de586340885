"""Encode a picture as JPEG, PNG or PDF within bounds of bytes, and pad it harmlessly up to a floor."""

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageFile

from worker.contract import Stage
from worker.processors.pdf_file import one_page_pdf, pad_pdf
from worker.processors.picture import Picture

STAGE = Stage.PORTAL
QUALITY_MIN = 5
"""The lowest JPEG quality that is tried: below it the blocks show more than the picture."""
QUALITY_POOR = 30
"""Below it a person sees the loss."""
_FULL_COLOUR_FROM = 90
_STEPS: tuple[tuple[int, int], ...] = (
    *((quality, 2) for quality in range(QUALITY_MIN, 96)),
    *((quality, 0) for quality in range(_FULL_COLOUR_FROM, 101)),
)
"""JPEG settings from small to large: quality, and colour at quarter (2) or full (0) resolution."""
_PALETTES = (256, 128, 64, 32, 16, 8, 4, 2)
_SEGMENT_MAX = 65533


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded picture, and what has to be said of it."""

    data: bytes
    warnings: tuple[str, ...] = ()


def jpeg(picture: Picture, dpi: int, quality: int, low: int, high: int) -> Encoded:
    """The JPEG nearest to the wanted quality whose size lies in `low`..`high` bytes, else the nearest in size."""
    image = Image.fromarray(picture)
    return _searched(lambda step: _jpeg_bytes(image, dpi, *step), quality, low, high)


def pdf(picture: Picture, dpi: int, quality: int, low: int, high: int) -> Encoded:
    """A PDF of one page that holds the picture as JPEG, by the same search."""
    image = Image.fromarray(picture)

    def made(step: tuple[int, int]) -> bytes:
        return one_page_pdf(_jpeg_bytes(image, dpi, *step), image.width, image.height, dpi)

    return _searched(made, quality, low, high)


def _jpeg_bytes(image: Image.Image, dpi: int, quality: int, subsampling: int) -> bytes:
    out = io.BytesIO()
    # Pillow guesses the encoder's buffer by pixels; of noise in full colour the guess is too small, and it would fail.
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 4 * image.width * image.height + 65536)
    # Baseline, not progressive: some portals cannot read the latter.
    image.save(out, "JPEG", quality=quality, subsampling=subsampling, dpi=(dpi, dpi), optimize=True)
    return out.getvalue()


def _searched(make: Callable[[tuple[int, int]], bytes], quality: int, low: int, high: int) -> Encoded:
    wanted = (max(quality, QUALITY_MIN), 0 if quality >= _FULL_COLOUR_FROM else 2)
    start = _STEPS.index(wanted)
    data = make(wanted)
    if len(data) > high:
        return _largest_within(make, _STEPS[:start], high)
    if len(data) < low:
        return Encoded(_smallest_from(make, _STEPS[start + 1 :], low, high) or data)
    return Encoded(data)


def _largest_within(make: Callable[[tuple[int, int]], bytes], steps: Sequence[tuple[int, int]], high: int) -> Encoded:
    """By bisection the last of the rising steps that fits; the smallest of all where none does."""
    fits, first, last = None, 0, len(steps) - 1
    while first <= last:
        middle = (first + last) // 2
        if len(data := make(steps[middle])) <= high:
            fits, first = (data, steps[middle][0]), middle + 1
        else:
            last = middle - 1
    data, quality = fits or (make(_STEPS[0]), QUALITY_MIN)
    poor = (f"PORTAL_QUALITY_LOW: only JPEG quality {quality} meets the portal's kilobytes",)
    return Encoded(data, poor if quality < QUALITY_POOR else ())


def _smallest_from(
    make: Callable[[tuple[int, int]], bytes], steps: Sequence[tuple[int, int]], low: int, high: int
) -> bytes | None:
    """By bisection the first of the rising steps that reaches `low`; the largest that fits where none does."""
    best, first, last = None, 0, len(steps) - 1
    while first <= last:
        middle = (first + last) // 2
        data = make(steps[middle])
        if len(data) <= high and (best is None or len(best) < low):
            best = data
        if len(data) >= low:
            best, last = (data if len(data) <= high else best), middle - 1
        else:
            first = middle + 1
    return best


def png(picture: Picture, dpi: int, high: int) -> Encoded:
    """A PNG of at most `high` bytes, in full colour where it fits, else with as many colours as do."""
    image = Image.fromarray(picture)
    data = _png_bytes(image, dpi)
    for colours in _PALETTES if len(data) > high else ():
        data = _png_bytes(image.quantize(colours, dither=Image.Dither.NONE), dpi)
        if len(data) <= high:
            return Encoded(data, (f"COLOURS_REDUCED: only {colours} colours meet the portal's kilobytes",))
    return Encoded(data)


def _png_bytes(image: Image.Image, dpi: int) -> bytes:
    # PNG counts pixels a metre in whole numbers, so 300 dpi stand there as 299.9994; EXIF says it exactly.
    exif = Image.Exif()
    exif[282], exif[283], exif[296] = dpi, dpi, 2
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(dpi, dpi), optimize=True, exif=exif)
    return out.getvalue()


def padded(data: bytes, kind: str, low: int, high: int) -> bytes:
    """The file with so much filling, which readers pass over, that it has `low` bytes; or as it is, if it has them.

    The filling's own frame takes some bytes; the result may therefore exceed `low`, and is returned only within `high`.
    """
    if (missing := low - len(data)) <= 0:
        return data
    fill = {"jpeg": _pad_jpeg, "png": _pad_png, "pdf": pad_pdf}[kind]
    filled = fill(data, missing)
    return filled if len(filled) <= high else data


def _pad_jpeg(data: bytes, missing: int) -> bytes:
    """Comment segments right after the first marker segment, where every reader allows them."""
    out, at = b"", 4 + struct.unpack(">H", data[4:6])[0]
    while missing > 0:
        size = max(0, min(missing - 4, _SEGMENT_MAX))
        out += b"\xff\xfe" + struct.pack(">H", size + 2) + b" " * size
        missing -= size + 4
    return data[:at] + out + data[at:]


def _pad_png(data: bytes, missing: int) -> bytes:
    """A private chunk that readers may skip and editors may drop, before the end chunk."""
    body = b" " * max(0, missing - 12)
    chunk = b"rpAd" + body
    end = len(data) - 12
    return data[:end] + struct.pack(">I", len(body)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[end:]
