"""The age secret keys with which masters are opened: read from a file that is named, never from the settings."""

from importlib import import_module
from pathlib import Path
from typing import Any

from reconciler.cli.refusal import ENDED_BADLY, WRONG_USE, refuse

FILE_BYTES_MAX = 64 * 1024
_SECRET = "AGE-SECRET-KEY-1"  # noqa: S105 - how such a key begins
_HEADER = b"age-encryption.org/"


def read_identities(file: Path) -> list[Any]:
    """The keys in a file as `age-keygen` writes it. What is wrong with it is told without any of its text."""
    try:
        pyrage = import_module("pyrage")
    except ImportError:
        refuse("To open a master, install rythmiq-reconciler[local].", WRONG_USE)
    try:
        # A device or a pipe has no size and may have no end.
        with file.open("rb") as stream:
            data = stream.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            refuse(f"{file}: is too large for a file of keys", WRONG_USE)
        lines = [line.strip() for line in data.decode("ascii").splitlines()]
    except OSError as error:
        refuse(f"{file}: {error.strerror}", WRONG_USE)
    except UnicodeDecodeError:
        refuse(f"{file}: is not a file of age keys", WRONG_USE)
    secrets = [line for line in lines if line.startswith(_SECRET)]
    if not secrets:
        refuse(f"{file}: has no line that begins with {_SECRET}", WRONG_USE)
    try:
        return [pyrage.x25519.Identity.from_str(secret) for secret in secrets]
    except pyrage.IdentityError:
        refuse(f"{file}: has a mistyped key", WRONG_USE)


def open_master(sealed: bytes, identities: list[Any]) -> bytes:
    """The original bytes; a master that was stored in the clear comes as it is."""
    if not sealed.startswith(_HEADER):
        return sealed
    pyrage = import_module("pyrage")
    try:
        data: bytes = pyrage.decrypt(sealed, identities)
    except pyrage.DecryptError:
        refuse("The identity does not open this master: it is of other keys. Nothing was written.", ENDED_BADLY)
    return data
