"""Write a PDF of one page that is one JPEG, nothing else: no names, no dates, no producer."""

PADDING_MARK = b"%pad\n"
"""Where filling may be inserted: a comment before the cross-reference table, whose own place is noted after it."""


def one_page_pdf(jpeg: bytes, width: int, height: int, dpi: int) -> bytes:
    """A page of `width` x `height` pixels at `dpi`, filled by the JPEG."""
    across, up = _points(width, dpi), _points(height, dpi)
    content = f"q {across} 0 0 {up} 0 0 cm /I Do Q".encode()
    image = f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceRGB"
    return _assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {across} {up}] /Contents 4 0 R "
            "/Resources << /XObject << /I 5 0 R >> >> >>".encode(),
            _stream("", content),
            _stream(f"{image} /BitsPerComponent 8 /Filter /DCTDecode", jpeg),
        ]
    )


def _points(pixels: int, dpi: int) -> str:
    return f"{pixels * 72 / dpi:.6f}".rstrip("0").rstrip(".")


def _stream(entries: str, data: bytes) -> bytes:
    return f"<< {entries} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def _assembled(objects: list[bytes]) -> bytes:
    out, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    out += PADDING_MARK
    table = b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    count = len(objects) + 1
    head = f"xref\n0 {count}\n0000000000 65535 f \n".encode()
    tail = f"trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n".encode()
    return out + head + table + tail


def pad_pdf(data: bytes, missing: int) -> bytes:
    """The same PDF, longer by `missing` bytes of comment, at least 2; only for what `one_page_pdf` made."""
    # All objects stand before the mark, so that of all places only the table's own moves.
    at = data.rindex(PADDING_MARK)
    body, table = data[:at], data[at + len(PADDING_MARK) :]
    head, old = table.split(b"startxref\n")
    was, end = old.split(b"\n", 1)
    # The place may take a digit more when it moves.
    grown = len(str(int(was) + missing)) - len(was)
    filling = b"%" + b" " * max(0, missing - grown - 2) + b"\n"
    place = int(was) + len(filling)
    return body + filling + PADDING_MARK + head + b"startxref\n" + str(place).encode() + b"\n" + end
