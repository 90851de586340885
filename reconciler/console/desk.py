"""What the pages are given."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from anyio import CapacityLimiter
from sqlalchemy import Connection, Engine

from reconciler.console.door import Door, Session
from reconciler.objects.store import ObjectStore
from reconciler.store.browsing import looking

ROOT = "/console"
READERS_MAX = 4
"""So many pages are made at a time, each on a connection of its own: the duties have theirs."""
WAITING_MAX = 32
"""Beyond so many the next one is told to come again."""


class Refused(Exception):
    """What was asked for cannot be shown or done: told on one clear page."""

    def __init__(self, status: int, title: str, text: str = "") -> None:
        super().__init__(title)
        self.status, self.title, self.text = status, title, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request: what it asks, what its form said, and who asks."""

    path: str
    params: Mapping[str, str]
    words: Mapping[str, str]
    """The parts of the address, such as the id of a job."""
    form: Mapping[str, Sequence[str]]
    session: Session
    is_secure: bool = False
    """Whether it came by https."""
    said: str | None = None
    """What became of the order before, to be told on this page."""

    def asked(self, name: str) -> str | None:
        """A part of the query; what is empty was not asked."""
        return self.params.get(name, "").strip() or None

    def written(self, name: str) -> str:
        """A field of the form."""
        return next(iter(self.form.get(name, ())), "").strip()

    @property
    def section(self) -> str:
        """Which of the main pages it belongs to."""
        return "/" + self.path.removeprefix(ROOT).strip("/").partition("/")[0]

    def link(self, **changed: Any) -> str:
        """The same page with other parameters; None takes one away."""
        kept = {name: value for name, value in self.params.items() if name not in changed and name != "said" and value}
        query = urlencode(kept | {name: value for name, value in changed.items() if value is not None})
        return f"{self.path}?{query}" if query else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all pages share. Safe to use from any thread."""

    engine: Engine
    objects: ObjectStore
    door: Door
    read_seconds: float
    link_seconds: int
    picture_origin: str
    installation: str
    credits_max: Decimal | None
    troubles: Callable[[], Sequence[str]]
    """What is wrong with this daemon, one sentence each."""
    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(READERS_MAX))

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A bounded, read-only snapshot."""
        with looking(self.engine, self.read_seconds) as connection:
            yield connection
