"""What every duty is given, and what it gives back."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from sqlalchemy import Engine

from reconciler.camber.bundle import Bundle
from reconciler.camber.client import CamberClient
from reconciler.domain.policy import Policy, backoff_seconds, poll_seconds
from reconciler.domain.runs import Run
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
    random: Random = field(default_factory=Random)
    stopping: threading.Event = field(default_factory=threading.Event)
    in_flight: set[UUID] = field(default_factory=set)
    """The runs that this process is acting on at this moment: only their leases are renewed."""
    known: dict[str, str] = field(default_factory=dict)
    """What was learnt once for the whole process, such as the account's name."""

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
