"""Write a picture as JPEG or PNG, and fill a file harmlessly up to a floor of bytes."""

import io
import struct
import zlib
from enum import IntEnum
from typing import Literal, TypeAlias

from PIL import Image, ImageFile

from worker.contract import Stage
from worker.processors.pdf_file import pad_pdf

STAGE = Stage.PORTAL
Kind: TypeAlias = Literal["jpeg", "png", "pdf"]
_PNG_LEVEL = 6
"""Level 9 makes files smaller by one in a hundred and takes twice the time."""
_SEGMENT_MAX = 65533


class Colours(IntEnum):
    """The resolution of colour in a JPEG, as Pillow numbers it."""

    FULL = 0
    QUARTER = 2


def jpeg_bytes(image: Image.Image, dpi: int, quality: int, colours: Colours) -> bytes:
    """A baseline JPEG with its density and no other metadata."""
    out = io.BytesIO()
    # Pillow guesses the encoder's buffer by pixels; of noise in full colour the guess is too small, and it would fail.
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 4 * image.width * image.height + 65536)
    # Baseline, not progressive: some portals cannot read the latter.
    image.save(out, "JPEG", quality=quality, subsampling=int(colours), dpi=(dpi, dpi), optimize=True)
    return out.getvalue()


def png_bytes(image: Image.Image, dpi: int) -> bytes:
    """A PNG with its density and no other metadata."""
    # PNG counts pixels a metre in whole numbers, so 300 dpi stand there as 299.9994; EXIF says it exactly.
    exif = Image.Exif()
    exif[282], exif[283], exif[296] = dpi, dpi, 2
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(dpi, dpi), compress_level=_PNG_LEVEL, exif=exif)
    return out.getvalue()


def padded(data: bytes, kind: Kind, low: int, high: int) -> bytes:
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
