"""What every duty is given, and what it gives back."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from sqlalchemy import Connection, Engine

from reconciler.camber.bundle import Bundle
from reconciler.camber.client import CamberClient
from reconciler.domain.policy import Policy, backoff_seconds, news_seconds, poll_seconds
from reconciler.domain.runs import Run
from reconciler.domain.states import RunEvent, RunState
from reconciler.loop.breakers import Breakers
from reconciler.loop.crashpoints import transaction
from reconciler.loop.ends import Ends
from reconciler.loop.leases import Leases
from reconciler.loop.ledger import Ledger, open_page
from reconciler.loop.owners import Owners
from reconciler.loop.pacing import Pacing
from reconciler.objects.store import ObjectStore
from reconciler.settings import Settings

Counts = Counter[str]
"""What one pass of a duty did, by event."""
EARLY = 0.8
"""The share of the usual start-up after which a first document may already be done."""


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
    ledger: Ledger
    pacing: Pacing
    random: Random = field(default_factory=Random)
    stopping: threading.Event = field(default_factory=threading.Event)
    known: dict[str, str] = field(default_factory=dict)
    """What was learnt once for the whole process, such as the account's name."""
    owners: Owners = field(default_factory=Owners)
    ends: Ends = field(default_factory=Ends)
    follow: Callable[[RunEvent], None] = lambda _event: None
    """Told of what became of a run, once it stands: other duties may go on from there."""

    @contextmanager
    def transaction(self, step: str) -> Iterator[Connection]:
        """The one way into the database: committed at the end, between the step's two crash points.

        What the CLI said on the way to it is committed with it.
        """
        page = open_page.get()
        with transaction(self.engine, step) as connection, self.ledger.taken_along(connection):
            yield connection
        if page:
            page.clear()

    @property
    def policy(self) -> Policy:
        """The bounds of the decisions."""
        return self.settings.policy

    @property
    def backend(self) -> str:
        """Ids of different backends count separately."""
        return self.settings.execution_backend

    def poll_seconds(self, run: Run) -> float:
        """When to look at the run again: while it runs, when recent runs say that there will be news of it."""
        pace, jitter = self.pacing.latest, self.random.random()
        if run.state is not RunState.RUNNING or run.started_at is None or not pace.learnt:
            return poll_seconds(self.policy, (run.now - run.created_at).total_seconds(), jitter)
        ran = (run.now - run.started_at).total_seconds()
        last = pace.run_seconds(run.attempts_total * pace.document_seconds)
        return news_seconds(self.policy, ran, EARLY * pace.startup_seconds, last, jitter)

    def backoff_seconds(self, failures: int) -> float:
        """How long to leave something that failed so often."""
        return backoff_seconds(self.policy, failures, self.random.random())
