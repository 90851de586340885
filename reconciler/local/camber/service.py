"""What every command has at hand: whose call it is, and the state behind the service."""

from collections.abc import Callable
from typing import NamedTuple

from reconciler.local.camber.config import Config
from reconciler.local.camber.errors import AuthenticationError
from reconciler.local.camber.flags import Given
from reconciler.local.camber.home import Home


class Reply(NamedTuple):
    """What a command that worked has to show."""

    stdout: bytes = b""
    exit_code: int = 0
    stderr: bytes = b""


class Tampering(NamedTuple):
    """What faults ask of the service in this one call; nothing by default."""

    clock_skew_seconds: float = 0.0
    """How far the service's clock, as it is shown, is ahead."""

    list_lag_seconds: float = 0.0
    """Jobs younger than this are not listed yet."""

    page_rows_max: int | None = None
    """Rows that a page has at most, whatever was asked for; the next page goes on after them."""

    page_rows_lost_from: int | None = None
    """Rows of a page from this one on are on no page at all."""

    page_shift_rows: int = 0
    """Rows that came in (or, negative, went) since the first page was read."""

    status_words: tuple[tuple[str, str], ...] = ()
    """Status words, and what is shown in their place."""

    queue_seconds: float = 0.0
    """How much longer a new job waits."""

    cancel_seconds: float | None = None
    """How long after its creation a new job is cancelled, with nobody asking for it."""

    copied_files_max: int | None = None
    """After how many files a copy breaks off."""

    download_bytes_max: int | None = None
    """What is left of each file that comes out of the stash."""


class Call(NamedTuple):
    """One invocation that was read and is about to be answered."""

    home: Home
    config: Config
    given: Given
    key: str
    tampering: Tampering = Tampering()

    def tampered(self, **changes: object) -> "Call":
        """The same call with something asked of the service by a fault."""
        return self._replace(tampering=self.tampering._replace(**changes))  # type: ignore[arg-type]  # field by field

    @property
    def account(self) -> str:
        """The username that the key belongs to; raises if there is no key."""
        if not self.key:
            raise AuthenticationError
        return self.config.accounts.get(self.key, self.config.username)


Handler = Callable[[Call], Reply]
"""What answers a call. Raises CommandError."""
