"""Jobs and runs as people name them: by id, or by its first characters where these are of one thing only."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import Connection

from reconciler.cli.refusal import NOT_FOUND, WRONG_USE, refuse
from reconciler.domain.prefixes import CHARACTERS_MIN, hex_prefix
from reconciler.store import reading

SHOWN_MAX = 5
"""So many of the things that an unclear name fits are named."""


def prefix_or_refuse(text: str) -> str:
    """The same; what cannot be an id is refused."""
    digits = hex_prefix(text)
    if digits is None:
        refuse(f"ID must be a UUID or its first {CHARACTERS_MIN} or more characters, not {text!r}", WRONG_USE)
    return digits


def find_job(connection: Connection, text: str) -> UUID:
    """The one job that is meant."""
    prefix = prefix_or_refuse(text)
    return _only("job", text, lambda limit: reading.find_job_ids(connection, prefix, limit))


def find_run(connection: Connection, text: str) -> UUID:
    """The one run that is meant: by id, by marker, or by Camber's number."""
    return _only("run", text, lambda limit: reading.find_run_ids(connection, text, hex_prefix(text), limit))


def _only(what: str, text: str, find: Callable[[int], Sequence[UUID]]) -> UUID:
    found = find(SHOWN_MAX + 1)
    if not found:
        refuse(f"There is no {what} {text}.", NOT_FOUND)
    if len(found) > 1:
        refuse(f"{text} is not one {what}: {listed(found)}.", WRONG_USE)
    return found[0]


def listed(ids: Sequence[UUID]) -> str:
    """The first few of them."""
    return ", ".join(map(str, ids[:SHOWN_MAX])) + (", ..." if len(ids) > SHOWN_MAX else "")
