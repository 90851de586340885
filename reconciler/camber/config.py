"""What the client must be told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds of wall clock after which a CLI call is killed. Seen on the real CLI: 0-2 s each, uploads at ~2 MB/s."""

    version: float = 15
    me: float = 20
    create: float = 60
    get: float = 30
    list: float = 60
    logs: float = 120
    stash: float = 60
    """`ls`, `test`, `rm`, `mkdir`."""
    app: float = 60
    """`app create`, `describe`, `list`, `delete`."""
    copy: float = 600
    """`stash cp`, both ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CamberConfig:
    """The client's settings. Nothing is read from the environment but what the CLI itself needs."""

    binary: Path | None = None
    """The CLI. None: `CAMBER_BIN`, then PATH, then `~/.camber/bin/camber`."""
    api_key: str | None = field(default=None, repr=False)
    """Given to the CLI as `CAMBER_API_KEY`. None: the environment's key, or the CLI's saved login."""
    limits: Limits = field(default_factory=Limits)
    output_bytes_max: int = 32 * 1024 * 1024
    """Bytes kept of each output stream; the rest is read and thrown away. A batch's log stays far below it."""
    evidence_bytes_max: int = 1024 * 1024
    """Bytes kept of each stream in evidence, before compression."""
    page_size: int = 50
    """Rows asked of one list page. 50 is the largest size seen to work."""
    read_attempts: int = 3
    """Tries of a read or of an idempotent stash call within one call. `create` is tried once."""
    retry_seconds: float = 0.5
    """The first wait between tries; it doubles, with full jitter."""
    retry_seconds_max: float = 4
    marker_prefix: str | None = None
    """The text that every command of ours carries. Other jobs' commands are dropped from evidence; None drops all."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables for the CLI on top of the inherited ones."""
