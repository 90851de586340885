"""A run that stays after its batch: what it is given meanwhile, object by object, and when it leaves.

An object is read by its own presigned link, and names the link of the one
after it; a link to what is not there yet answers 404, or 403 where the key that signed it may not list.
"""

import json
import logging
import time
from collections.abc import Callable

import urllib3

from worker.contract import ContractError, ErrorCode, Inbox, Linger, RunFile, parse_inbox
from worker.storage.grants import is_of_origin
from worker.storage.http import Answered, ExchangeError, Limits, exchange

_LIMITS = Limits(bytes_max=64 << 20, seconds=10.0, tries=1)
_log = logging.getLogger("worker.linger")


class Stay:
    """One run's stay. `taken` counts the inbox objects that it took."""

    def __init__(
        self,
        run: RunFile,
        linger: Linger,
        began: float | None,
        pool: urllib3.PoolManager,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """The command began at `began` of the `clock`; None for now. Raises ContractError for a foreign link."""
        self._run, self._linger, self._pool, self._clock = run, linger, pool, clock
        self._began = clock() if began is None else began
        self._url, self._trouble = linger.inbox_url, ""
        self.taken = 0
        self._check_origin(linger.inbox_url, "linger.inbox_url")

    def lasts(self, idle_seconds: float) -> bool:
        """Whether to stay, after so long without anything to do."""
        left = self._linger.take_seconds - (self._clock() - self._began)
        return left > 0 and idle_seconds < self._linger.idle_seconds

    def look(self) -> Inbox | None:
        """What the run is given; None where there is nothing more yet."""
        try:
            inbox = self._read(exchange(self._pool, "GET", self._url, limits=_LIMITS))
        except (ExchangeError, ValueError, RecursionError) as error:
            self._tell(error)
            return None
        self._url, self.taken = inbox.next_url, inbox.number
        return inbox

    def _read(self, data: bytes) -> Inbox:
        inbox = parse_inbox(json.loads(data))
        if (inbox.run_id, inbox.number) != (self._run.run_id, self.taken + 1):
            raise ContractError(ErrorCode.PAYLOAD_INVALID, "inbox", "is another run's, or out of its turn")
        self._check_origin(inbox.next_url, "inbox.next_url")
        return inbox

    def _check_origin(self, url: str, field: str) -> None:
        """Where the documents lie: a link to anywhere else is followed by nobody."""
        if not all(is_of_origin(url, one.payload) for one in self._run.documents):
            raise ContractError(ErrorCode.PAYLOAD_INVALID, field, "must be of the origin of storage.endpoint")

    def _tell(self, error: Exception) -> None:
        """Each new reason once: the same one comes every second."""
        expected = isinstance(error, Answered) and error.status in (403, 404)
        # The text of any other error may quote what was read.
        told = str(error) if isinstance(error, ExchangeError | ContractError) else type(error).__name__
        if not expected and told != self._trouble:
            _log.warning("inbox unreadable number=%d cause=%s", self.taken + 1, told)
        self._trouble = "" if expected else told
