"""What every duty is given, and what it gives back."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from sqlalchemy import Connection, Engine

from reconciler.camber.bundle import Bundle
from reconciler.camber.client import CamberClient
from reconciler.domain.policy import Policy, backoff_seconds, poll_seconds
from reconciler.domain.runs import Run
from reconciler.loop.breakers import Breakers
from reconciler.loop.crashpoints import transaction
from reconciler.loop.leases import Leases
from reconciler.objects.store import ObjectStore
from reconciler.settings import Settings

Counts = Counter[str]
"""What one pass of a duty did, by event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One process's hands: the database, the store, the CLI, and its fresh identity as a lease owner."""

    settings: Settings
    engine: Engine
    objects: ObjectStore
    client: CamberClient
    bundle: Bundle
    owner: UUID
    pool: ThreadPoolExecutor
    leases: Leases
    breakers: Breakers
    random: Random = field(default_factory=Random)
    stopping: threading.Event = field(default_factory=threading.Event)
    known: dict[str, str] = field(default_factory=dict)
    """What was learnt once for the whole process, such as the account's name."""

    @contextmanager
    def transaction(self, step: str) -> Iterator[Connection]:
        """The one way into the database: committed at the end, between the step's two crash points."""
        with transaction(self.engine, step) as connection:
            yield connection

    @property
    def policy(self) -> Policy:
        """The bounds of the decisions."""
        return self.settings.policy

    @property
    def backend(self) -> str:
        """Ids of different backends count separately."""
        return self.settings.execution_backend

    def poll_seconds(self, run: Run) -> float:
        """When to look at the run again."""
        return poll_seconds(self.policy, (run.now - run.created_at).total_seconds(), self.random.random())

    def backoff_seconds(self, failures: int) -> float:
        """How long to leave something that failed so often."""
        return backoff_seconds(self.policy, failures, self.random.random())
