"""Whether to go on: SIGTERM, the stop file in the run folder, and the control URL.

Both channels are read before a document is fetched, and the file once more before it is opened. What was said stays.

Two channels beside the signal, because the run folder may be a snapshot that never changes. A channel that cannot be
read says nothing, so the work goes on; that is logged.
"""

import json
import logging
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import urllib3

from worker.contract import CONTROL_FILE
from worker.storage.http import ExchangeError, Limits, exchange

_LIMITS = Limits(bytes_max=1 << 20, seconds=3.0, tries=1)
_log = logging.getLogger("worker.stop")


@dataclass(frozen=True, slots=True)
class Order:
    """What the channels say: abandon the run, or leave out some attempts."""

    is_abandoned: bool = False
    skipped: frozenset[str] = frozenset()


class Termination:
    """Remembers SIGTERM, so that the documents at hand are finished first."""

    def __init__(self) -> None:
        self.is_asked = False

    def listen(self) -> None:
        """From now on remember the signal instead of dying of it; main thread only."""
        signal.signal(signal.SIGTERM, self._remember)

    def _remember(self, _number: int, _frame: FrameType | None) -> None:
        self.is_asked = True


class StopChannels:
    """The stop file and the control URL, either of which may be absent."""

    def __init__(self, pool: urllib3.PoolManager, folder: Path | None, url: str | None) -> None:
        self._pool, self._folder, self._url = pool, folder, url
        self._said, self._saying = Order(), threading.Lock()

    @property
    def is_abandoned(self) -> bool:
        """Whether the run was told to stop."""
        return self._said.is_abandoned

    def skips(self, attempt_id: str | None) -> bool:
        """Whether the attempt is to be left out."""
        return attempt_id in self._said.skipped

    def read(self) -> None:
        """Hear both channels; thread-safe."""
        self._hear(self._file(), self._answer())

    def glance(self) -> None:
        """Hear the file alone, which costs no round trip; thread-safe."""
        self._hear(self._file())

    def _hear(self, *texts: bytes | None) -> None:
        orders = [_parsed(text) for text in texts if text is not None]
        with self._saying:
            self._said = Order(
                self._said.is_abandoned or any(order.is_abandoned for order in orders),
                self._said.skipped.union(*(order.skipped for order in orders)),
            )

    def _file(self) -> bytes | None:
        if self._folder is None:
            return None
        try:
            return (self._folder / CONTROL_FILE).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("stop file unreadable error=%s", type(error).__name__)
            return None

    def _answer(self) -> bytes | None:
        if self._url is None:
            return None
        try:
            return exchange(self._pool, "GET", self._url, limits=_LIMITS)
        except ExchangeError as error:
            _log.warning("control url unreadable cause=%s", error)
            return None


def _parsed(text: bytes) -> Order:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, Mapping) or value.get("signal") not in ("continue", "abandon"):
        _log.warning("stop channel says nothing that is known")
        return Order()
    skipped = value.get("skip", [])
    names = frozenset(one for one in skipped if isinstance(one, str)) if isinstance(skipped, list) else frozenset()
    return Order(value["signal"] == "abandon", names)
