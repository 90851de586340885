"""What the CLI said, written down together with what was decided by it.

Calls that are made for one thing stand on its page until its next transaction, which takes them along; what none took
is written when the page ends. So nothing that was decided stands without its evidence, and evidence costs no
transaction of its own. A call that belongs to no page is written at once.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from reconciler.camber.evidence import CliCall
from reconciler.camber.process import boot_now
from reconciler.logs import Event, logger
from reconciler.loop.crashpoints import transaction
from reconciler.loop.leases import current_lease
from reconciler.metrics import CLI_SECONDS
from reconciler.store import evidence

Row = Mapping[str, Any]
Page = list[Row]
NOT_KEPT = ("started_at", "ending")

open_page: ContextVar[Page | None] = ContextVar("open_page", default=None)
"""What this thread has called for and not written yet."""


class Ledger:
    """Where the evidence of one process's calls goes. Nothing here raises but what opens a page."""

    def __init__(self, engine: Engine, owner: UUID, clock: Callable[[], float] = boot_now) -> None:
        self._engine, self._owner, self._clock = engine, owner, clock

    def record(self, call: CliCall) -> None:
        """Note a call that has just ended."""
        CLI_SECONDS.labels(call.kind, call.outcome).observe(call.duration_ms / 1000)
        row = {name: getattr(call, name) for name in CliCall.__dataclass_fields__ if name not in NOT_KEPT}
        lease = current_lease.get()
        row |= {"argv": json.dumps(call.argv), "daemon_id": self._owner, "ended": self._clock()}
        row |= {"run_id": lease.run_id if lease else None}
        page = open_page.get()
        if page is None:
            self._write([row])
        else:
            page.append(row)

    @contextmanager
    def page(self) -> Iterator[None]:
        """What is called for inside stands on one page. One thread's own: others begin theirs."""
        page = Page()
        token = open_page.set(page)
        try:
            yield
        finally:
            open_page.reset(token)
            if page:
                self._write(page)

    @contextmanager
    def taken_along(self, connection: Connection) -> Iterator[None]:
        """The page's calls are written by this transaction, after whatever it does; if it fails, they stay.

        What cannot be kept must not cost the decision it belongs to: the reply of create above all.
        """
        yield
        page = open_page.get()
        if not page:
            return
        with self._forgiven(page), connection.begin_nested():
            self._insert(connection, page)

    def _write(self, rows: Sequence[Row]) -> None:
        with self._forgiven(rows), transaction(self._engine, "keep_evidence") as connection:
            self._insert(connection, rows)

    def _insert(self, connection: Connection, rows: Sequence[Row]) -> None:
        now = self._clock()
        evidence.insert_calls(connection, [{**row, "age_seconds": now - row["ended"]} for row in rows])

    @contextmanager
    def _forgiven(self, rows: Sequence[Row]) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            kinds = ", ".join(row["kind"] for row in rows)
            logger.bind(kind=kinds, reason=type(error).__name__).warning(Event.EVIDENCE_LOST)
