"""Hostile documents through the whole worker: the right code, bounded memory, and the next document unharmed."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.worker import orders, pages
from tests.worker.object_store import ObjectStore
from tests.worker.test_batch import run_batch
from worker.contract import Failed, Succeeded

MEMORY_MB = "700"
PICTURE = Path(__file__).parent / "pictures" / "ends-its-reader.heic"
"""Found by the fuzzer: pi-heif 1.4.0 dies of SIGSEGV on it, in native code, where nothing in Python can help."""


def _png(width: int, height: int, row: bytes, rows: int) -> bytes:
    """A PNG of eight-bit grey whose rows are all alike."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(b"\0" + row) for _ in range(rows)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", data), (b"IEND", b"")]
    packed = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _tiff(width: int, height: int) -> bytes:
    """A TIFF whose header promises so many pixels, and which has none."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (278, 4, height)]
    tags.append((279, 4, 10))
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def _pdf(content: bytes, *entries: bytes) -> bytes:
    """A PDF of one page whose content stream is compressed."""
    packed = zlib.compress(content, 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) + packed + b"\nendstream",
        *entries,
    ]
    body = b"".join(b"%d 0 obj\n" % number + one + b"\nendobj\n" for number, one in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer\n<< /Size 9 /Root 1 0 R >>\n%%EOF\n"


HOSTILE: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "png-of-many-pixels": (lambda: _png(50_000, 50_000, b"", 0), {"IMAGE_TOO_LARGE"}),
    "png-of-more-rows-than-it-says": (lambda: _png(1000, 10, bytes(1000), 200_000), {"ok", "CORRUPT_IMAGE"}),
    "png-one-pixel-high": (lambda: _png(90_000_000, 1, bytes(90_000_000), 1), {"ok", "STAGE_TIMEOUT"}),
    "tiff-of-many-pixels": (lambda: _tiff(60_000, 60_000), {"IMAGE_TOO_LARGE"}),
    "tiff-without-pixels": (lambda: _tiff(9_000, 9_000), {"CORRUPT_IMAGE"}),
    "pdf-that-inflates": (
        lambda: _pdf(b"0 0 m " * 60_000_000),
        # pdfium ends its own process where an allocation is refused.
        {"OUT_OF_MEMORY", "WORKER_CRASHED", "STAGE_TIMEOUT"},
    ),
    "pdf-that-draws-for-ever": (lambda: _pdf(b"0 0 600 800 re f* " * 400_000), {"STAGE_TIMEOUT", "ok"}),
    "pdf-of-itself": (lambda: _pdf(b"q", b"<< /Type /Pages /Kids [2 0 R] /Count 9 >>"), {"CORRUPT_IMAGE", "ok"}),
    "heic-that-ends-its-reader": (PICTURE.read_bytes, {"WORKER_CRASHED", "CORRUPT_IMAGE"}),
    "nothing": (lambda: b"", {"CORRUPT_IMAGE"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_ends_by_name_and_the_next_is_unharmed(name: str, store: ObjectStore) -> None:
    make, codes = HOSTILE[name]
    hostile = orders.document(store, make())
    good = orders.document(store, pages.encoded(pages.page(600, 440, size=16)))

    frames = {
        frame.job_id: frame.outcome
        for frame in run_batch([hostile, good], WORKER_MEMORY_MB=MEMORY_MB, DECODE_SECONDS="5").frames
    }

    outcome = frames[hostile.payload.job_id]
    assert (outcome.code if isinstance(outcome, Failed) else "ok") in codes
    assert isinstance(frames[good.payload.job_id], Succeeded)
