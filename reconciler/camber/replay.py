"""Read kept evidence again with today's parsers (pure)."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.camber.parse.account import read_me, read_version
from reconciler.camber.parse.apps import read_app, read_app_deleted, read_app_list
from reconciler.camber.parse.creation import read_create
from reconciler.camber.parse.jobs import read_get
from reconciler.camber.parse.listing import read_list
from reconciler.camber.parse.logs import read_logs
from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.stash import read_effect, read_ls, read_test
from reconciler.camber.runner import word_of

READERS: Mapping[str, Callable[[Printed], object]] = {
    "version": read_version,
    "me": read_me,
    "job create": read_create,
    "job list": read_list,
    "job logs": read_logs,
    "stash cp": read_effect,
    "stash rm": read_effect,
    "stash mkdir": read_effect,
    "stash ls": read_ls,
    "stash test": read_test,
    "app create": read_app,
    "app describe": read_app,
    "app list": read_app_list,
    "app delete": read_app_deleted,
    "app run": read_create,
}
STREAM_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCall:
    """What `cli_calls` has of a call; `outcome` is what it was read as then."""

    kind: str
    argv: Sequence[str]
    exit_code: int | None
    outcome: str
    cut: bool
    stdout: bytes | None
    stderr: bytes | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What today's parser reads, as a word and in full; `changed` where the word is another one now."""

    outcome: str
    read: object
    changed: bool


@dataclass(frozen=True, slots=True)
class NotReplayable:
    """Nothing can be said of this call, and why."""

    reason: str


def replay(call: KeptCall) -> Replayed | NotReplayable:
    """Read the call again."""
    reader = reader_of(call.kind, call.argv)
    if reader is None:
        return NotReplayable("no parser reads this command")
    if call.exit_code is None:
        return NotReplayable("the call did not come to its own end")
    if call.stdout is None or call.stderr is None:
        return NotReplayable("it decided nothing, so only hashes were kept")
    if call.cut:
        return NotReplayable("the kept output was cut")
    try:
        out, err = (_unpacked(stream).decode("utf-8", "replace") for stream in (call.stdout, call.stderr))
    except zlib.error:
        return NotReplayable("the kept output is damaged")
    outcome = reader(Printed(exit_code=call.exit_code, stdout=out, stderr=err))
    word = word_of(outcome)
    return Replayed(word, outcome, changed=word != call.outcome)


def reader_of(kind: str, argv: Sequence[str]) -> Callable[[Printed], object] | None:
    """Return what reads the command's output; `argv` begins with the program's name."""
    if kind != "job get":
        return READERS.get(kind)
    number = argv[3] if len(argv) > 3 else ""
    return (lambda printed: read_get(printed, int(number))) if number.isascii() and number.isdigit() else None


def _unpacked(stream: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(stream, STREAM_BYTES_MAX)
    if not unpacker.eof:
        raise zlib.error("not whole")
    return data
