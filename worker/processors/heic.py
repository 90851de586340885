"""HEIC without the notes to its picture: nobody needs them here, and reading damaged ones ends the reader.

pi-heif 1.4.0 reads a picture's notes whether they are asked for or not, and dies of some in native code. How a picture
is turned, and its colours, are said in other boxes. So the links from the notes to the picture are cut before it reads.
"""

import struct

BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_LINK, _CUT = b"cdsc", b"free"
"""The type of a reference from notes to what they describe, and one that means nothing."""
_HEADER, _LONG_HEADER = 8, 16


def is_heic(data: bytes) -> bool:
    """Whether the first box names a HEIC's brand."""
    return data[4:8] == b"ftyp" and data[8:12] in BRANDS


def without_notes(data: bytes) -> bytes:
    """The file with no notes linked to its picture; as long as it was, and every other byte the same."""
    out, at = bytearray(data), 0
    while at + _HEADER <= len(data):
        size = _box_size(data, at)
        if size < _HEADER:
            break
        if data[at + 4 : at + 8] == b"meta":
            out[at : at + size] = out[at : at + size].replace(_LINK, _CUT)
        at += size
    return bytes(out)


def _box_size(data: bytes, at: int) -> int:
    """The bytes of the box that begins here; 0 where its header says nonsense."""
    size = int(struct.unpack_from(">I", data, at)[0])
    if size == 0:
        return len(data) - at
    if size == 1:
        return int(struct.unpack_from(">Q", data, at + _HEADER)[0]) if at + _LONG_HEADER <= len(data) else 0
    return size
