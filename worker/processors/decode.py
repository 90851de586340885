"""Decode: a document's bytes become one upright picture in red, green and blue.

What a file is, its bytes say; names and MIME types are not asked. Sizes are checked in the header, before any pixel is
decoded, and large JPEGs are decoded at a smaller scale to begin with.
"""

import io
import math
import struct
import warnings
import zlib
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from worker.contract import ErrorCode, Stage
from worker.faults import DocumentFault
from worker.processors.heic import is_heic, without_notes
from worker.processors.pdf import decode_pdf, is_pdf
from worker.processors.picture import Colour, Picture, within

FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "HEIF")
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# What Pillow's readers are known to raise on damaged bytes.
_DAMAGE: tuple[type[Exception], ...] = (
    *(OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, OverflowError, EOFError),
    *(struct.error, zlib.error, ZeroDivisionError, AttributeError, RuntimeError),
)
_EXIF_DAMAGE: tuple[type[Exception], ...] = (*_DAMAGE, UserWarning)
_ANIMATED = ("PNG", "WEBP")
_ORIENTATION_TAG = 0x0112
_BAND_PIXELS = 4_000_000
_WEBP_PIXELS_MAX = 40_000_000
"""Its decoder takes 15 bytes a pixel: 1.6 GB for the 100 million that others decode within 0.8 GB."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a document may take: `pixels_max` in its header, `side_max` pixels of the longer side once decoded."""

    pixels_max: int
    side_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One decoded page: the picture, the format it came in, and its size there in pixels, as it stands upright."""

    picture: Picture
    format: str
    width: int
    height: int
    page_count: int = 1
    warnings: tuple[str, ...] = field(default=())


def decode(data: bytes, *, page: int = 1, background: Colour = (255, 255, 255), bounds: Bounds) -> Page:
    """Decode page `page`, from 1; what is transparent shows `background`.

    Raises DocumentFault with UNSUPPORTED_FORMAT, CORRUPT_IMAGE, IMAGE_TOO_LARGE, ENCRYPTED_PDF, or PAYLOAD_INVALID for
    a page that the file does not have.
    """
    if not data:
        raise DocumentFault(ErrorCode.CORRUPT_IMAGE, "the file is empty")
    # A signature at the first byte outweighs a header further on, which a picture may hold in its description.
    if is_pdf(data) and not _looks_known(data):
        sheet = decode_pdf(data, page=page, side_max=bounds.side_max)
        # pdfium rounds up, by a pixel more than was asked for.
        picture, (width, height), count = within(sheet.picture, bounds.side_max), sheet.size, sheet.page_count
        return Page(picture=picture, format="PDF", width=width, height=height, page_count=count)
    try:
        with warnings.catch_warnings():
            # What Pillow warns of here is looked at again where it matters.
            warnings.simplefilter("ignore")
            with _opened(data) as image:
                return _decode_image(image, page, background, bounds)
    except _DAMAGE as error:
        raise DocumentFault(ErrorCode.CORRUPT_IMAGE, "the picture cannot be decoded: it is damaged") from error


def _opened(data: bytes) -> Image.Image:
    """The image with its header read and no pixel decoded."""
    if is_heic(data):
        data = without_notes(data)
        # Registered only where it is needed: the library takes time to load.
        import pi_heif

        # One thread, as everywhere in a child; and nothing is read beside the picture that nobody asks for.
        pi_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
    # Our own bound is checked on the header; Pillow's would only warn, in words of its own.
    Image.MAX_IMAGE_PIXELS = None
    try:
        return Image.open(io.BytesIO(data), formats=[name for name in FORMATS if name in _known_formats()])
    except UnidentifiedImageError as error:
        if _looks_known(data):
            raise DocumentFault(ErrorCode.CORRUPT_IMAGE, "the picture's header is damaged") from error
        raise DocumentFault(ErrorCode.UNSUPPORTED_FORMAT, "the bytes are of no format that is read") from error


def _known_formats() -> set[str]:
    Image.init()
    return set(Image.OPEN)


def _looks_known(data: bytes) -> bool:
    return is_heic(data) or data.startswith(_SIGNATURES) or (data.startswith(b"RIFF") and data[8:12] == b"WEBP")


def _decode_image(image: Image.Image, page: int, background: Colour, bounds: Bounds) -> Page:
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    page_count = getattr(image, "n_frames", 1) if kind == "TIFF" else 1
    if page > page_count:
        raise DocumentFault(ErrorCode.PAYLOAD_INVALID, f"options.page: the file has {page_count}", Stage.DECODE)
    if kind == "TIFF":
        image.seek(page - 1)
    elif kind in _ANIMATED and getattr(image, "n_frames", 1) > 1:
        raise DocumentFault(ErrorCode.UNSUPPORTED_FORMAT, "an animation is no document")
    width, height = image.size
    pixels_max = min(bounds.pixels_max, _WEBP_PIXELS_MAX) if kind == "WEBP" else bounds.pixels_max
    if width * height > pixels_max:
        limit = f"{width} x {height} pixels, above the {pixels_max} that are read"
        raise DocumentFault(ErrorCode.IMAGE_TOO_LARGE, limit)
    # The TIFF reader turns the picture while it loads it, as the HEIC reader does; twice would be wrong.
    orientation, told = (1, ()) if kind == "TIFF" else _orientation(image)
    image.draft("RGB", (bounds.side_max, bounds.side_max))
    image.load()
    flat, more = _small_and_flat(image, background, bounds.side_max)
    upright = flat.transpose(_TURNS[orientation]) if orientation in _TURNS else flat
    size = (height, width) if orientation >= 5 else (width, height)
    picture = within(np.asarray(upright), bounds.side_max)
    return Page(
        picture=picture, format=kind, width=size[0], height=size[1], page_count=page_count, warnings=told + more
    )


def _orientation(image: Image.Image) -> tuple[int, tuple[str, ...]]:
    """EXIF orientation, 1 where there is none. Damaged EXIF costs the document a warning, not its life."""
    # The HEIC reader has turned the picture already and reset the tag.
    try:
        with warnings.catch_warnings():
            # Pillow reads on after damage, with a warning nobody sees; to us it is damage.
            warnings.simplefilter("error")
            value = image.getexif().get(_ORIENTATION_TAG, 1)
    except _EXIF_DAMAGE:
        return 1, ("EXIF_UNREADABLE: the orientation noted by the camera could not be read",)
    return (value if isinstance(value, int) and 1 <= value <= 8 else 1), ()


def _small_and_flat(image: Image.Image, background: Colour, side_max: int) -> tuple[Image.Image, tuple[str, ...]]:
    """The image in eight-bit sRGB without transparency, made smaller by a whole factor where it is far too large.

    Band by band: each step would otherwise hold another copy of the full size, half a gigabyte at 100 million pixels.
    """
    width, height = image.size
    factor = max(1, max(width, height) // side_max)
    rows = max(1, _BAND_PIXELS // width // factor) * factor
    sheet = Image.new("RGB", (math.ceil(width / factor), math.ceil(height / factor)))
    told: tuple[str, ...] = ()
    for top in range(0, height, rows):
        band, told = _flat(image.crop((0, top, width, min(height, top + rows))), background)
        sheet.paste(band.reduce(factor), (0, top // factor))
    return sheet, told


def _flat(image: Image.Image, background: Colour) -> tuple[Image.Image, tuple[str, ...]]:
    """The image in eight-bit sRGB without transparency."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image, dtype=np.uint16) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise DocumentFault(ErrorCode.UNSUPPORTED_FORMAT, "samples of 32 bits are not read")
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        sheet = Image.new("RGBA", coloured.size, (*background, 255))
        return Image.alpha_composite(sheet, coloured).convert("RGB"), ()
    return _in_srgb(image)


def _in_srgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """The image in sRGB, by the colour profile it carries where that can be used."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK"):
        return image.convert("RGB"), ()
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image.convert("RGB"), ("COLOUR_PROFILE_UNREADABLE: colours may be slightly off",)
    return (converted or image.convert("RGB")), ()
