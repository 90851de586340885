"""What is kept of each CLI call: enough to show why a decision was taken, and nothing that must stay secret."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from reconciler.camber.process import Ending, Finished
from reconciler.camber.redaction import drop_foreign_commands, redact, without_key

ARGUMENT_CHARACTERS_MAX = 4000
SECRET_BYTES_MAX = 8192
# These show the commands of whatever jobs the account has.
SHOWS_COMMANDS = frozenset(["job get", "job list"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CliCall:
    """One CLI call. The streams are redacted and zlib-compressed, and kept only where the call decided something."""

    id: UUID
    kind: str
    """The CLI's own words: `job create`, `stash cp`."""
    argv: tuple[str, ...]
    started_at: datetime
    duration_ms: int
    ending: Ending
    exit_code: int | None
    cli_version: str | None
    """As the CLI told it; None before it was asked, and after its file was replaced."""
    outcome: str
    """One word for what was read: `created`, `absent`, `unreachable:timeout`."""
    decided: bool
    cut: bool
    """Whether output was lost, to the client's cap or to the evidence's."""
    stdout: bytes | None
    stderr: bytes | None
    stdout_sha256: str
    stderr_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discretion:
    """What evidence must hide, and how much of it is kept."""

    api_key: str | None
    marker_prefix: str | None
    stream_bytes_max: int

    def of(self, stream: bytes, kind: str) -> bytes:
        """Return the beginning of the stream, with everything hidden that must be."""
        # A secret across the cut is seen whole before the cut is made.
        head = stream[: self.stream_bytes_max + SECRET_BYTES_MAX]
        shown = drop_foreign_commands(head, self.marker_prefix) if kind in SHOWS_COMMANDS else head
        return redact(without_key(shown, self.api_key))[: self.stream_bytes_max]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Which call it was, and what was made of it."""

    id: UUID
    kind: str
    argv: Sequence[str]
    started_at: datetime
    cli_version: str | None
    outcome: str
    decided: bool


def cli_call(occasion: Occasion, finished: Finished, discretion: Discretion) -> CliCall:
    """Return the evidence of a call."""
    overlong = max(len(finished.stdout), len(finished.stderr)) > discretion.stream_bytes_max

    def kept(stream: bytes) -> bytes | None:
        return zlib.compress(discretion.of(stream, occasion.kind)) if occasion.decided else None

    return CliCall(
        id=occasion.id,
        kind=occasion.kind,
        argv=_redacted_argv(occasion.argv, discretion.api_key),
        started_at=occasion.started_at,
        duration_ms=finished.duration_ms,
        ending=finished.ending,
        exit_code=finished.code if finished.ending is Ending.EXITED else None,
        cli_version=occasion.cli_version,
        outcome=occasion.outcome,
        decided=occasion.decided,
        cut=finished.cut or (occasion.decided and overlong),
        stdout=kept(finished.stdout),
        stderr=kept(finished.stderr),
        stdout_sha256=hashlib.sha256(finished.stdout).hexdigest(),
        stderr_sha256=hashlib.sha256(finished.stderr).hexdigest(),
    )


def _redacted_argv(argv: Sequence[str], api_key: str | None) -> tuple[str, ...]:
    def hidden(argument: str) -> str:
        text = redact(without_key(argument.encode("utf-8", "surrogateescape"), api_key))
        return text.decode("utf-8", "replace")[:ARGUMENT_CHARACTERS_MAX]

    return tuple(map(hidden, argv))
