import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from tests.worker import pages
from worker.contract import ErrorCode
from worker.faults import DocumentFault
from worker.processors.decode import Bounds, Page, decode
from worker.processors.heic import without_notes
from worker.processors.pdf_file import one_page_pdf
from worker.processors.picture import Picture

BOUNDS = Bounds(pixels_max=4_000_000, side_max=2000)


def _decoded(data: bytes, **options: object) -> Page:
    return decode(data, bounds=BOUNDS, **options)  # type: ignore[arg-type]  # keyword options of the tests


def _code(data: bytes, **options: object) -> ErrorCode:
    with pytest.raises(DocumentFault) as fault:
        _decoded(data, **options)
    return fault.value.code


def _marked() -> Picture:
    """A picture whose four corners tell them apart."""
    picture = np.full((60, 100, 3), 255, np.uint8)
    picture[:20, :30] = (255, 0, 0)
    picture[:20, -30:] = (0, 255, 0)
    picture[-20:, :30] = (0, 0, 255)
    return picture


def _distance(one: Picture, other: Picture) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_each_format_is_told_by_its_bytes_and_decoded(kind: str) -> None:
    page = _decoded(pages.encoded(_marked(), kind, quality=95))

    assert (kind, 100, 60) == (page.format, page.width, page.height)
    assert _distance(_marked(), page.picture) < 6


_UPRIGHT: dict[int, Callable[[Picture], Picture]] = {
    1: lambda picture: picture,
    2: np.fliplr,
    3: lambda picture: np.rot90(picture, 2),
    4: np.flipud,
    5: lambda picture: picture.transpose(1, 0, 2),
    6: lambda picture: np.rot90(picture, -1),
    7: lambda picture: np.rot90(picture, 2).transpose(1, 0, 2),
    8: lambda picture: np.rot90(picture, 1),
}
"""What the standard says of each orientation, in words of NumPy."""


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(orientation: int, kind: str) -> None:
    """Some readers turn the picture themselves, others leave it to whoever asks."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = pages.encoded(_marked(), kind, exif=exif, quality=95)
    expected = _UPRIGHT[orientation](_marked())

    page = _decoded(data)

    assert expected.shape[:2] == (page.height, page.width)
    assert _distance(expected, page.picture) < 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
def test_a_file_cut_short_is_damaged_and_never_half_a_page(kind: str, share: float) -> None:
    data = pages.encoded(pages.noise(pages.page(400, 300, size=14), 10), kind)

    assert _code(data[: int(len(data) * share)]) is ErrorCode.CORRUPT_IMAGE


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ErrorCode.CORRUPT_IMAGE),
        (b"\x00" * 5000, ErrorCode.UNSUPPORTED_FORMAT),
        (b"hello, this is text", ErrorCode.UNSUPPORTED_FORMAT),
        (b"GIF89a" + b"\x01" * 100, ErrorCode.UNSUPPORTED_FORMAT),
        (b"\xff\xd8\xff\xe0" + b"\x13" * 300, ErrorCode.CORRUPT_IMAGE),
        (b"\x89PNG\r\n\x1a\n" + b"\x13" * 300, ErrorCode.CORRUPT_IMAGE),
        (b"RIFF\x10\x00\x00\x00WEBP" + b"\x13" * 300, ErrorCode.CORRUPT_IMAGE),
        (b"%PDF-1.7\n" + b"\x13" * 300, ErrorCode.CORRUPT_IMAGE),
    ],
)
def test_what_is_no_picture_is_refused_by_what_its_bytes_are(data: bytes, code: ErrorCode) -> None:
    assert _code(data) is code


def test_a_bomb_is_refused_by_its_header() -> None:
    """The header promises 40000 x 40000 pixels; nothing of them is there, so nothing could have been decoded."""
    body = b"IHDR" + struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    header = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    rest = b"IDAT" + zlib.compress(b"\0" * 10)
    data = b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", len(rest) - 4) + rest + struct.pack(">I", zlib.crc32(rest))

    assert _code(data) is ErrorCode.IMAGE_TOO_LARGE


def test_a_large_jpeg_is_decoded_at_a_smaller_scale() -> None:
    page = decode(pages.encoded(pages.page(4000, 3000), "JPEG"), bounds=Bounds(pixels_max=20_000_000, side_max=1000))

    assert (4000, 3000) == (page.width, page.height)
    assert (750, 1000, 3) == page.picture.shape


def test_what_is_transparent_shows_the_background() -> None:
    image = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    image.putpixel((5, 5), (9, 8, 7, 255))

    picture = _decoded(pages_bytes(image), background=(200, 10, 20)).picture

    assert (200, 10, 20) == tuple(picture[0, 0])
    assert (9, 8, 7) == tuple(picture[5, 5])


def pages_bytes(image: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_every_mode_becomes_eight_bit_colour(mode: str) -> None:
    grey = Image.fromarray(np.linspace(0, 255, 64 * 64).reshape(64, 64).astype(np.uint8))
    image = {
        "I;16": lambda: Image.fromarray(np.asarray(grey).astype(np.uint16) * 257),
        "P": lambda: grey.convert("RGB").quantize(256),
        "CMYK": lambda: grey.convert("RGB").convert("CMYK"),
    }.get(mode, lambda: grey.convert(mode))()

    picture = _decoded(pages_bytes(image, "TIFF" if mode == "CMYK" else "PNG")).picture

    assert ((64, 64, 3), "uint8") == (picture.shape, str(picture.dtype))
    expected = np.asarray(grey.convert("1").convert("RGB") if mode == "1" else grey.convert("RGB"))
    assert _distance(expected, picture) < 3


def test_a_tiff_gives_the_page_that_was_asked_for() -> None:
    sheets = [Image.new("RGB", (20, 20), (shade, shade, shade)) for shade in (10, 120, 230)]
    out = io.BytesIO()
    sheets[0].save(out, "TIFF", save_all=True, append_images=sheets[1:])

    page = _decoded(out.getvalue(), page=3)

    assert (3, 230) == (page.page_count, int(page.picture[0, 0, 0]))
    assert _code(out.getvalue(), page=4) is ErrorCode.PAYLOAD_INVALID


def _pdf(password: str | None = None) -> bytes:
    picture = pages.page(600, 400, size=20)
    return one_page_pdf(pages.encoded(picture, "JPEG", quality=95), 600, 400, 150)


def test_a_pdf_page_is_drawn_at_300_dpi() -> None:
    page = _decoded(_pdf())

    assert ("PDF", 1200, 800, 1) == (page.format, page.width, page.height, page.page_count)
    assert page.picture.shape == (800, 1200, 3)
    assert page.picture.min() < 60


def test_a_huge_pdf_page_is_drawn_within_bounds() -> None:
    document = pypdfium2.PdfDocument.new()
    document.new_page(14_000, 7_000)
    out = io.BytesIO()
    document.save(out)

    assert _decoded(out.getvalue()).picture.shape == (1000, 2000, 3)


def test_a_locked_pdf_says_so() -> None:
    assert _code(LOCKED_PDF) is ErrorCode.ENCRYPTED_PDF


def test_a_pdf_page_that_is_not_there_names_how_many_there_are() -> None:
    with pytest.raises(DocumentFault, match=r"options\.page: the file has 1"):
        _decoded(_pdf(), page=2)


LOCKED_PDF = (
    b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
    b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>\nendobj\n"
    b"4 0 obj\n<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>\nendobj\n"
    b"trailer\n<< /Size 5 /Root 1 0 R /Encrypt 4 0 R /ID [<41> <41>] >>\n%%EOF\n"
)


@pytest.mark.parametrize("orientation", [b"\x00", b"\xff" * 40])
def test_damaged_exif_costs_no_document(orientation: bytes) -> None:
    data = pages.encoded(_marked(), "JPEG", exif=b"Exif\0\0II*\0" + orientation * 8, quality=95)

    assert (100, 60) == (_decoded(data).width, _decoded(data).height)


PICTURES = Path(__file__).parent / "pictures"


@pytest.mark.parametrize("name", ["corners.heic", "corners-noted.heic"])
def test_a_heic_photo_is_decoded_as_its_own_boxes_say(name: str) -> None:
    """The format turns by a box of its own, which its reader obeys, and wants what EXIF notes to be ignored."""
    page = _decoded((PICTURES / name).read_bytes())

    assert ("HEIF", 100, 60) == (page.format, page.width, page.height)
    assert _distance(_marked(), page.picture) < 12


def test_notes_that_would_end_the_reader_are_not_read() -> None:
    """In a process of its own a native library may die of them; here the whole test run would."""
    with pytest.raises(DocumentFault) as fault:
        _decoded((PICTURES / "ends-its-reader.heic").read_bytes())

    assert ErrorCode.CORRUPT_IMAGE is fault.value.code


def test_only_the_links_to_notes_are_cut() -> None:
    noted = (PICTURES / "corners-noted.heic").read_bytes() + b"\0\0\0\x0cmdatcdsc"

    cut = without_notes(noted)

    assert noted.replace(b"cdsc", b"free", 1) == cut
    assert cut.endswith(b"mdatcdsc")
    for odd in (b"", b"\0\0\0\x01meta", b"\0\0\0\0metacdsc", b"\0\0\0\x05metacdsc", b"\xff" * 40):
        assert len(odd) == len(without_notes(odd))


@pytest.mark.parametrize("side", ["1" * 70 + ".5", "-" + "1" * 70 + ".5"])
def test_a_pdf_page_of_no_real_size_is_damaged(side: str) -> None:
    data = _pdf().replace(b"/MediaBox [0 0 288 192]", f"/MediaBox [0 0 {side} {side}]".encode())
    assert side.encode() in data

    with pytest.raises(DocumentFault) as fault:
        _decoded(data)

    assert ErrorCode.CORRUPT_IMAGE is fault.value.code


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
def test_a_heic_photo_cut_short_is_damaged(share: float) -> None:
    data = (PICTURES / "corners.heic").read_bytes()

    assert _code(data[: int(len(data) * share)]) is ErrorCode.CORRUPT_IMAGE


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
def test_a_pdf_cut_short_is_damaged_and_never_blank_paper(share: float) -> None:
    data = _pdf()

    assert _code(data[: int(len(data) * share)]) is ErrorCode.CORRUPT_IMAGE


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_no_document(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), (shade, shade, shade)) for shade in (10, 120)]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])

    assert _code(out.getvalue()) is ErrorCode.UNSUPPORTED_FORMAT


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        b"PK\x03\x04" + bytes(200),
        b"\0\0\0\x1cftypavif" + bytes(200),
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"#!/bin/sh\n",
    ],
    ids=["xml", "svg", "zip", "avif", "postscript", "script"],
)
def test_what_no_portal_takes_is_unsupported(data: bytes) -> None:
    assert _code(data) is ErrorCode.UNSUPPORTED_FORMAT


def test_a_polyglot_is_what_its_first_bytes_say() -> None:
    jpeg = pages.encoded(_marked(), "JPEG", quality=95)

    assert ["JPEG", "JPEG", "PDF"] == [
        _decoded(data).format for data in (jpeg + _pdf(), jpeg + b"PK\x03\x04" + bytes(100), b"GIF89a" + _pdf())
    ]


@pytest.mark.parametrize("kind", ["TIFF", "WEBP", "JPEG", "PNG"])
def test_a_picture_that_speaks_of_pdf_is_a_picture(kind: str) -> None:
    """Where a file is signed at its first byte, what stands further on is content: a description, say."""
    tags = Image.Exif()
    tags[0x010E] = "%PDF-1.7 is what this was printed from"
    data = pages.encoded(pages.page(40, 30, size=8), kind, exif=tags)

    assert b"%PDF-" in data[:1024] or kind == "WEBP"
    assert kind == _decoded(data).format


def test_a_pdf_of_ten_thousand_pages_gives_the_one_that_was_asked_for() -> None:
    document = pypdfium2.PdfDocument.new()
    for _ in range(10_000):
        document.new_page(72, 72)
    out = io.BytesIO()
    document.save(out)

    assert 10_000 == _decoded(out.getvalue(), page=9_999).page_count


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "1", "I;16", "CMYK"])
def test_far_too_large_a_picture_comes_out_small_with_all_of_it_there(mode: str) -> None:
    """Bands are put together without a seam, also where the last is no whole one."""
    grey = Image.fromarray(np.tile(np.linspace(0, 255, 1777).astype(np.uint8), (2003, 1)))
    image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)

    page = decode(
        pages_bytes(image, "TIFF" if mode == "CMYK" else "PNG"), bounds=Bounds(pixels_max=4_000_000, side_max=500)
    )

    expected = np.asarray(grey.resize((page.picture.shape[1], page.picture.shape[0]), Image.Resampling.BOX))
    assert 500 == page.picture.shape[0]
    assert _distance(np.repeat(expected[:, :, None], 3, 2), page.picture) < (9 if mode == "1" else 2)
