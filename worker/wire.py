"""Messages between the worker and its children: a line of JSON that announces its parts' sizes, then the parts.

Not pickled, and bounded: what comes out of a child that opened a hostile file is untrusted itself.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HEADER_BYTES_MAX = 1 << 20
"""A payload has some kilobytes, and a summary fewer."""
PARTS_BYTES_MAX = 1 << 29
"""All parts of a message together: above any input, portal file and result object that the limits allow."""


class WireError(ValueError):
    """What came is no message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: what it says, and the bytes that go with it."""

    header: Mapping[str, Any]
    parts: tuple[bytes, ...] = ()

    def encoded(self) -> bytes:
        """The message as it is sent."""
        sizes = [len(part) for part in self.parts]
        line = json.dumps({"header": dict(self.header), "sizes": sizes}, separators=(",", ":"))
        return b"".join((line.encode(), b"\n", *self.parts))


class Incoming:
    """Puts messages together from pieces, however they come."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._header: Mapping[str, Any] | None = None
        self._sizes: Sequence[int] = ()

    def feed(self, data: bytes) -> None:
        """Take what was received."""
        self._buffer += data

    def next(self) -> Message | None:
        """The next whole message, None until more has come; raises WireError."""
        if self._header is None and not self._read_header():
            return None
        if len(self._buffer) < sum(self._sizes):
            return None
        parts, at = [], 0
        for size in self._sizes:
            parts.append(bytes(self._buffer[at : at + size]))
            at += size
        del self._buffer[:at]
        message = Message(self._header or {}, tuple(parts))
        self._header = None
        return message

    def _read_header(self) -> bool:
        end = self._buffer.find(b"\n", 0, HEADER_BYTES_MAX)
        if end < 0:
            if len(self._buffer) >= HEADER_BYTES_MAX:
                raise WireError("the header does not end")
            return False
        self._header, self._sizes = _header(bytes(self._buffer[:end]))
        del self._buffer[: end + 1]
        return True


def _header(line: bytes) -> tuple[Mapping[str, Any], Sequence[int]]:
    try:
        value = json.loads(line)
        header, sizes = value["header"], value["sizes"]
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise WireError("the header is not what was agreed") from error
    if not isinstance(header, dict) or not isinstance(sizes, list):
        raise WireError("the header is not what was agreed")
    if not all(type(size) is int and size >= 0 for size in sizes) or sum(sizes) > PARTS_BYTES_MAX:
        raise WireError("the sizes are not what was agreed")
    return header, sizes
