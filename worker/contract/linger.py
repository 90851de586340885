"""How a run stays after its batch, and its last word: how much of what it was given it took."""

import hashlib
import json
import re
from dataclasses import dataclass

from worker.contract.strict import Reader

SECONDS_MAX = 30 * 86400
TAKES_MAX = 1_000_000
_MARK = "RYTHMIQ-LEFT"
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Linger:
    """How long a run stays. Seconds.

    It leaves when it has had nothing to do for `idle_seconds`, and takes nothing that comes later than `take_seconds`
    after the begin of its command: what it takes must end before the command's limit. `inbox_url` is the presigned GET
    of its first inbox object, which may never come to be.
    """

    idle_seconds: float
    take_seconds: float
    inbox_url: str


def read_linger(read: Reader) -> Linger:
    """The `linger` part of a run file; raises ContractError."""
    linger = Linger(
        idle_seconds=read.number("idle_seconds", 0, SECONDS_MAX),
        take_seconds=read.number("take_seconds", 0, SECONDS_MAX),
        inbox_url=read.text("inbox_url", length_max=8192),
    )
    read.done()
    return linger


def encode_leaving(run_id: str, taken: int) -> str:
    """The last line of a run that lingered: mark, version, 32 hex digits of the body's SHA-256, body."""
    body = json.dumps({"run_id": run_id, "taken": taken}, separators=(",", ":"))
    return f"{_MARK} {_VERSION} {_checksum(body)} {body}"


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:32]


_LEAVING = re.compile(_MARK + rf" {_VERSION} ([0-9a-f]{{32}}) (\{{[^{{}}\n]*\}})")


def decode_leaving(log: str, run_id: str) -> int | None:
    """How many inbox objects the run says it took, the most where it says so twice; None where it says nothing."""
    said = [_taken(match[2], run_id) for match in _LEAVING.finditer(log) if _checksum(match[2]) == match[1]]
    return max((taken for taken in said if taken is not None), default=None)


def _taken(body: str, run_id: str) -> int | None:
    try:
        read = Reader(json.loads(body), "leaving")
        return read.integer("taken", 0, TAKES_MAX) if read.uuid("run_id") == run_id else None
    except (ValueError, RecursionError):
        return None
