"""Documents fetched ahead of those who work on them, so that the way to the store does not stand in the sum.

Bounded in count and in bytes: what is held for documents under way, from their fetch to their upload, counts.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

_LOOK_SECONDS = 0.2
"""Between two looks at whether to go on, while there is nothing to hand out."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """How far ahead: fetches at a time, and documents and bytes that may be under way before another is begun."""

    fetchers: int
    documents_max: int
    bytes_max: int


class Supply(Generic[T]):
    """Hands out fetched documents, roughly in their order. Thread-safe."""

    def __init__(
        self, tasks: Sequence[T], fetch: Callable[[T], bytes | None], may_go_on: Callable[[], bool], ahead: Ahead
    ) -> None:
        """`fetch` returns None where there is nothing to work on, and has then dealt with it; it never raises."""
        self._fetch, self._may_go_on, self._ahead = fetch, may_go_on, ahead
        self._waiting, self._fetched = deque(tasks), deque[tuple[T, bytes]]()
        self._fetching, self._under_way, self._held_bytes = 0, 0, 0
        self._changed = threading.Condition()
        self._is_complete, self._is_closed = False, False
        for number in range(ahead.fetchers):
            # Daemons: a fetch that hangs must not keep a worker that was told to leave.
            threading.Thread(target=self._fetch_on, name=f"fetch-{number}", daemon=True).start()

    def add(self, tasks: Iterable[T]) -> None:
        """More of them, behind the others; not after `complete`."""
        with self._changed:
            self._waiting.extend(tasks)
            self._changed.notify_all()

    def complete(self) -> None:
        """There will be no more of them: whoever waits for one leaves once these are handed out."""
        with self._changed:
            self._is_complete = True
            self._changed.notify_all()

    def next(self) -> tuple[T, bytes] | None:
        """The next document, once it has come; None when there is no more, or no going on. Pair it with `release`."""
        with self._changed:
            while self._may_go_on() and not self._is_closed:
                if self._fetched:
                    return self._fetched.popleft()
                if self._is_complete and not self._waiting and not self._fetching:
                    return None
                self._changed.wait(_LOOK_SECONDS)
            return None

    def release(self, size: int) -> None:
        """A document of so many bytes is dealt with."""
        with self._changed:
            self._under_way -= 1
            self._held_bytes -= size
            self._changed.notify_all()

    def close(self) -> None:
        """Begin no further fetch."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def put_back(self, task: T, data: bytes) -> None:
        """Whoever took the document cannot work on it after all; another may."""
        with self._changed:
            self._fetched.appendleft((task, data))
            self._changed.notify_all()

    def left(self) -> list[T]:
        """The documents that nobody worked on; call `close` first."""
        with self._changed:
            while self._fetching and self._may_go_on():
                self._changed.wait(_LOOK_SECONDS)
            return [task for task, _ in self._fetched] + list(self._waiting)

    def _fetch_on(self) -> None:
        while (task := self._begin()) is not None:
            data = None
            try:
                data = self._fetch(task)
            finally:
                self._end(task, data)

    def _end(self, task: T, data: bytes | None) -> None:
        with self._changed:
            self._fetching -= 1
            if data is None:
                self._under_way -= 1
            else:
                self._held_bytes += len(data)
                self._fetched.append((task, data))
            self._changed.notify_all()

    def _begin(self) -> T | None:
        with self._changed:
            while not self._is_closed and self._may_go_on() and (self._waiting or not self._is_complete):
                if self._waiting and self._has_room():
                    self._fetching += 1
                    self._under_way += 1
                    return self._waiting.popleft()
                self._changed.wait(_LOOK_SECONDS)
            return None

    def _has_room(self) -> bool:
        return self._under_way < self._ahead.documents_max and self._held_bytes <= self._ahead.bytes_max
