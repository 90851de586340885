"""The only writer to the two streams, and the forms that all of the tool's screens share.

Text is built as bytes: a job's command may hold any bytes at all, and the banner is UTF-8 whatever the locale.
"""

import os
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.local.camber.config import Config

LABEL_COLUMNS = 21


def write_out(content: bytes) -> None:
    """Write to standard output at once."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def write_err(text: str) -> None:
    """Write to standard error at once."""
    sys.stderr.buffer.write(os.fsencode(text))
    sys.stderr.buffer.flush()


def rows(pairs: Iterable[tuple[str, str | bytes]]) -> bytes:
    """Labels padded to their column, one line each."""
    return b"".join(f"{label}:".ljust(LABEL_COLUMNS).encode() + as_bytes(value) + b"\n" for label, value in pairs)


def panel(title: str, pairs: Iterable[tuple[str, str | bytes]]) -> bytes:
    """A titled block: an empty line, the header, the rows, an empty line, the footer as wide as the header."""
    header, footer = heading(title)
    return f"\n{header}\n".encode() + rows(pairs) + f"\n{footer}\n\n".encode()


def banner(version: str, latest_version: str) -> bytes:
    """What an outdated tool says before the output of any command."""
    return (
        f"\n🚨 Your version {version} is out of date!\n"
        f"👉 The latest version is {latest_version}.\n"
        "\n"
        "To update, run:\n"
        "  camber update\n"
        "\n"
        "⚠️ It's recommended to stay up to date for the latest features and security fixes.\n"
    ).encode()


def heading(title: str) -> tuple[str, str]:
    """The header of a block and the footer that closes it."""
    header = f"{'=' * 22}{title}{'=' * 22}"
    return header, "=" * len(header)


def go_json(value: object) -> bytes:
    """JSON as Go's encoder writes it with an indent: the HTML characters escaped, the rest as it is."""
    import json

    text = json.dumps(value, indent=2, ensure_ascii=False)
    for character in "&<>":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("utf-8", "replace") + b"\n"


def answer_json(value: object, config: "Config") -> bytes:
    """The JSON of an answer, in the service's envelope where a knob says so."""
    return go_json({"code": 0, "message": "success", "data": value} if config.json_envelope else value)


def go_duration(seconds: int) -> str:
    """A whole number of seconds as Go prints a duration: `15s`, `2m36s`, `1h0m5s`."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minute}m{second}s"
    return f"{minute}m{second}s" if minute else f"{second}s"


def timestamp(moment: float) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(moment)))


def as_bytes(value: str | bytes) -> bytes:
    """Text as the bytes that it came in as."""
    return value if isinstance(value, bytes) else os.fsencode(value)
