"""Hostile documents through the whole worker: the right code, bounded memory, and the next document unharmed."""

import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.worker import orders, pages
from tests.worker.object_store import ObjectStore
from tests.worker.test_batch import run_batch
from worker.contract import Document, Failed, Succeeded
from worker.shift import Outcome

MEMORY_MB = "700"
PICTURE = Path(__file__).parent / "pictures" / "ends-its-reader.heic"
"""Found by the fuzzer: pi-heif 1.4.0 dies of SIGSEGV on its notes, in native code."""


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


def _photo(kind: str) -> bytes:
    return pages.encoded(pages.page(600, 440, size=16), kind)


# What fills memory ends by one of two names, and both are right: the parent sees it first and ends the process, or an
# allocation is refused first, and then pdfium ends its process itself.
_FILLS_MEMORY = {"OUT_OF_MEMORY", "WORKER_CRASHED"}
HOSTILE: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "png-of-many-pixels": (lambda: _png(50_000, 50_000, b"", 0), {"IMAGE_TOO_LARGE"}),
    # Two hundred megabytes of rows that nobody asked for: the decoder stops where the header says.
    "png-of-more-rows-than-it-says": (lambda: _png(1000, 10, bytes(1000), 200_000), {"ok"}),
    "png-one-pixel-high": (lambda: _png(90_000_000, 1, bytes(90_000_000), 1), {"ok"}),
    "tiff-of-many-pixels": (lambda: _tiff(60_000, 60_000), {"IMAGE_TOO_LARGE"}),
    "tiff-without-pixels": (lambda: _tiff(9_000, 9_000), {"CORRUPT_IMAGE"}),
    "pdf-whose-page-inflates": (lambda: _pdf(b"0 0 m " * 60_000_000), _FILLS_MEMORY),
    "pdf-of-six-million-objects": (lambda: _pdf(b"0 0 1 1 re f\n" * 6_000_000), _FILLS_MEMORY),
    "pdf-of-itself": (
        lambda: _pdf(b"q").replace(b"/Kids [3 0 R] /Count 1", b"/Kids [2 0 R] /Count 9"),
        {"CORRUPT_IMAGE"},
    ),
    "heic-that-ends-its-reader": (PICTURE.read_bytes, {"CORRUPT_IMAGE"}),
    "nothing": (lambda: b"", {"CORRUPT_IMAGE"}),
    "jpeg-cut-short": (lambda: _photo("JPEG")[:-2000], {"CORRUPT_IMAGE"}),
    "jpeg-that-is-a-zip-too": (lambda: _photo("JPEG") + b"PK\x03\x04" + bytes(1000), {"ok"}),
    # Both are told to be `image/png` and `mark sheet.png`.
    "webp-that-says-it-is-a-png": (lambda: _photo("WEBP"), {"ok"}),
    "script-that-says-it-is-a-png": (lambda: b"#!/bin/sh\nrm -rf /\n", {"UNSUPPORTED_FORMAT"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_ends_by_name_and_the_next_is_unharmed(name: str, store: ObjectStore) -> None:
    make, codes = HOSTILE[name]
    hostile = orders.document(store, make())

    outcome = _beside_a_good_one(store, hostile)

    assert (outcome.code if isinstance(outcome, Failed) else "ok") in codes


def test_a_pdf_that_draws_for_ever_is_ended_when_its_time_is_over(store: ObjectStore) -> None:
    """Four hundred thousand times the whole page, which takes hours."""
    endless = orders.document(store, _pdf(b"0 0 600 800 re f* " * 400_000))

    outcome = _beside_a_good_one(store, endless, decode_seconds="3")

    assert isinstance(outcome, Failed)
    assert ("STAGE_TIMEOUT", "DECODE") == (outcome.code, outcome.stage)


def test_a_store_that_drips_ends_by_name_and_the_next_is_unharmed(store: ObjectStore) -> None:
    slow = orders.document(store, _photo("PNG"))
    store.faults[f"GET /{orders.BUCKET}/{slow.payload.raw_path}"] = ["drip"]

    outcome = _beside_a_good_one(store, slow, fetch_seconds="6")

    assert isinstance(outcome, Failed)
    assert ("FETCH_TIMEOUT", "FETCH") == (outcome.code, outcome.stage)


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..\\..\\boot.ini", "a\r\nX-Evil: 1.png", "-rf", ".htaccess", "é" * 300]
)
def test_a_name_that_is_a_path_or_an_option_is_a_plain_name_in_the_end(name: str, store: ObjectStore) -> None:
    tricky = orders.document(
        store, _photo("PNG"), original_filename=name, schema=orders.schema(filename_pattern="{original}")
    )

    outcome = _beside_a_good_one(store, tricky)

    assert isinstance(outcome, Succeeded)
    said = store.headers[f"/{orders.BUCKET}/{orders.keys_of(tricky)['portal']}"]["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"', said)
    assert {f"/{orders.BUCKET}/{key}" for key in orders.keys_of(tricky).values()} < set(store.objects)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/x",
        "https://localhost/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "http://example.test/x",
        "file:///etc/passwd",
    ],
)
def test_an_artifact_url_that_leads_inside_is_refused_and_the_next_is_unharmed(url: str, store: ObjectStore) -> None:
    inside = orders.document(store, None, raw_path=None, artifact_url=url)

    outcome = _beside_a_good_one(store, inside)

    assert isinstance(outcome, Failed)
    assert ("ARTIFACT_SOURCE_INVALID", False) == (outcome.code, outcome.retryable)


def _beside_a_good_one(
    store: ObjectStore, hostile: Document, *, decode_seconds: str = "60", fetch_seconds: str = "60"
) -> Outcome:
    """What becomes of a document, the next one of its process being unharmed."""
    good = orders.document(store, _photo("PNG"))
    ran = run_batch(
        [hostile, good], WORKER_MEMORY_MB=MEMORY_MB, DECODE_SECONDS=decode_seconds, FETCH_SECONDS=fetch_seconds
    )
    frames = {frame.job_id: frame.outcome for frame in ran.frames}
    assert isinstance(frames[good.payload.job_id], Succeeded)
    return frames[hostile.payload.job_id]
