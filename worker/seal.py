"""The master: a document's original bytes, encrypted to age public keys.

A master is never stored readable by accident: without a recipient there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyrage
from pyrage import RecipientError, x25519

from worker.contract import ErrorCode
from worker.faults import DocumentFault

SEALED_SUFFIX = ".enc"
_PLAINTEXT_SUFFIX = ".raw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """How the masters of a document are kept: its recipients, or in the clear where that was asked for by name."""

    recipients: tuple[str, ...]
    plaintext_allowed: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """What has to be said of the masters that this seal makes."""
        return () if self.recipients else ("MASTER_NOT_ENCRYPTED: the master is stored as it came",)

    def check(self) -> None:
        """Raise DocumentFault(RECIPIENT_MISSING) if a master could not be made: before the work, not after it."""
        if not self.recipients and not self.plaintext_allowed:
            raise DocumentFault(ErrorCode.RECIPIENT_MISSING, "no recipient key is given")
        try:
            parse_recipients(self.recipients)
        except ValueError as error:
            raise DocumentFault(ErrorCode.RECIPIENT_MISSING, str(error)) from error

    def master(self, original: bytes) -> bytes:
        """The bytes to store; call `check` first."""
        self.check()
        return pyrage.encrypt(original, parse_recipients(self.recipients)) if self.recipients else original

    def master_key(self, key: str) -> str:
        """The master's key: one that says `.enc` never names bytes that are not."""
        is_plain = self.plaintext_allowed and not self.recipients
        return key.removesuffix(SEALED_SUFFIX) + _PLAINTEXT_SUFFIX if is_plain else key


def parse_recipients(names: Sequence[str]) -> list[x25519.Recipient]:
    """Read age X25519 public keys; raises ValueError that says which one is none, without quoting it."""
    return [_parse(name, position) for position, name in enumerate(names, start=1)]


def _parse(name: str, position: int) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(name)
    except RecipientError:
        # Not chained: the cause's text may quote what was given, and a secret key given by mistake is a secret.
        raise ValueError(f"recipient {position} is not an age public key") from None
