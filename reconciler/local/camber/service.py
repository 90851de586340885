"""What every command has at hand: whose call it is, and the state behind the service."""

from typing import NamedTuple

from reconciler.local.camber.config import Config
from reconciler.local.camber.errors import AuthenticationError
from reconciler.local.camber.flags import Given
from reconciler.local.camber.home import Home


class Reply(NamedTuple):
    """What a command that worked has to show."""

    stdout: bytes = b""
    exit_code: int = 0


class Call(NamedTuple):
    """One invocation that was read and is about to be answered."""

    home: Home
    config: Config
    given: Given
    key: str

    @property
    def account(self) -> str:
        """The username that the key belongs to; raises if there is no key."""
        if not self.key:
            raise AuthenticationError
        return self.config.accounts.get(self.key, self.config.username)
