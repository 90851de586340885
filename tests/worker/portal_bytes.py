"""What a portal sees of a file, read by hand from its bytes: nothing here is used by the worker."""

import re
import struct
import zlib
from dataclasses import dataclass

import cv2
import numpy as np

from worker.processors.picture import Picture

_FRAME_MARKS = {0xC0, 0xC1, 0xC2, 0xC3}
_INCH_METRES = 0.0254


@dataclass(frozen=True)
class Seen:
    """Kind, size in pixels, dots an inch across and down, the names of what else stands in the file, the picture."""

    kind: str
    width: int
    height: int
    dpi: tuple[float, float]
    extras: frozenset[str]
    picture: Picture


def seen(data: bytes) -> Seen:
    """Sniff the file as a portal does, by its first bytes."""
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(data)
    assert data.startswith(b"%PDF-1.4"), "of no kind that a portal takes"
    return _pdf(data)


def _jpeg(data: bytes) -> Seen:
    at, dpi, size, extras = 2, (0.0, 0.0), (0, 0), set()
    while data[at + 1] != 0xDA:
        assert data[at] == 0xFF
        mark, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        body = data[at + 4 : at + 2 + length]
        if mark == 0xE0:
            assert (b"JFIF\0", 1) == (body[:5], body[7])
            dpi = float(int.from_bytes(body[8:10])), float(int.from_bytes(body[10:12]))
        elif mark in _FRAME_MARKS:
            assert mark == 0xC0, "not baseline"
            assert (8, 3) == (body[0], body[5])
            size = int.from_bytes(body[3:5]), int.from_bytes(body[1:3])
        elif mark not in (0xDB, 0xC4):
            extras.add(f"{mark:02x}")
        at += 2 + length
    assert data.endswith(b"\xff\xd9")
    return Seen("jpeg", *size, dpi, frozenset(extras), _decoded(data))


def _png(data: bytes) -> Seen:
    at, dpi, size, extras = 8, (0.0, 0.0), (0, 0), set()
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        assert zlib.crc32(name + body) == int.from_bytes(data[at + 8 + length : at + 12 + length])
        if name == b"IHDR":
            size = struct.unpack(">II", body[:8])
        elif name == b"pHYs":
            across, down, unit = struct.unpack(">IIB", body)
            assert unit == 1
            dpi = across * _INCH_METRES, down * _INCH_METRES
        elif name not in (b"IDAT", b"IEND", b"PLTE"):
            extras.add(name.decode())
        at += 12 + length
    # A metre has no whole number of dots; what is meant is the whole number of dots an inch.
    assert max(abs(one - round(one)) for one in dpi) < 0.02
    return Seen("png", *size, (float(round(dpi[0])), float(round(dpi[1]))), frozenset(extras), _decoded(data))


def _pdf(data: bytes) -> Seen:
    table = int(re.findall(rb"startxref\n(\d+)\n%%EOF\n$", data)[0])
    assert data[table:].startswith(b"xref\n")
    places = [int(one) for one in re.findall(rb"(\d{10}) 00000 n ", data[table:])]
    objects = [data[begin:end] for begin, end in zip(places, [*places[1:], table], strict=True)]
    for number, body in enumerate(objects, start=1):
        assert body.startswith(f"{number} 0 obj\n".encode())
    across, up = (float(one) for one in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)[0])
    image = next(body for body in objects if b"/Subtype /Image" in body[:200])
    length = int(re.findall(rb"/Length (\d+)", image)[0])
    begin = image.index(b"stream\n") + 7
    inner = _jpeg(image[begin : begin + length])
    assert image[begin + length :].startswith(b"\nendstream")
    dpi = round(inner.width * 72 / across, 3), round(inner.height * 72 / up, 3)
    return Seen("pdf", inner.width, inner.height, dpi, inner.extras, inner.picture)


def _decoded(data: bytes) -> Picture:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)
