"""Fetching ahead: what is fetched while others are worked on, and what is not."""

import threading
from collections.abc import Callable

from worker.supply import Ahead, Supply


class Fetches:
    """A store whose answers wait until they are let go, and which counts the most that were under way at once."""

    def __init__(self, size: int = 1) -> None:
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Semaphore(0)
        self.names: list[int] = []
        self._size = size

    def fetch(self, task: int) -> bytes:
        self.names.append(task)
        self.begun.release()
        self.let_go.acquire()
        return bytes(self._size)


def _supply(fetches: Fetches, count: int, may_go_on: Callable[[], bool] = lambda: True, **changes: int) -> Supply[int]:
    bounds = {"fetchers": 1, "documents_max": 3, "bytes_max": 1000} | changes
    supply = Supply(range(count), fetches.fetch, may_go_on, Ahead(**bounds))
    supply.complete()
    return supply


def test_the_next_document_is_fetched_while_one_is_worked_on() -> None:
    fetches = Fetches()
    supply = _supply(fetches, 2)
    fetches.let_go.release()

    got = supply.next()

    assert (0, b"\0") == got
    assert fetches.begun.acquire(timeout=10)
    assert fetches.begun.acquire(timeout=10)
    fetches.let_go.release()
    assert (1, b"\0") == supply.next()
    assert supply.next() is None


def test_no_more_documents_are_begun_than_may_be_under_way() -> None:
    fetches = Fetches()
    supply = _supply(fetches, 5, documents_max=2)
    for _ in range(5):
        fetches.let_go.release()

    assert supply.next() is not None
    assert supply.next() is not None
    assert not fetches.begun.acquire(timeout=0) or [0, 1] == fetches.names[:2]
    assert 2 == len(fetches.names)
    supply.release(1)
    assert supply.next() is not None
    assert 3 == len(fetches.names)
    supply.close()


def test_no_document_is_begun_while_too_many_bytes_are_held() -> None:
    fetches = Fetches(size=2000)
    supply = _supply(fetches, 2)
    fetches.let_go.release()
    fetches.let_go.release()

    assert supply.next() is not None
    assert [0] == fetches.names
    supply.release(2000)
    assert supply.next() is not None
    assert [0, 1] == fetches.names


def test_nobody_waits_for_a_fetch_once_there_is_a_reason_to_leave() -> None:
    """The store never answers; the fetch is left to itself."""
    fetches, going = Fetches(), threading.Event()
    supply = _supply(fetches, 2, lambda: not going.is_set())
    assert fetches.begun.acquire(timeout=10)
    going.set()

    assert supply.next() is None
    assert [1] == supply.left()
    fetches.let_go.release()


def test_what_was_put_back_comes_again_and_is_left_in_the_end() -> None:
    fetches = Fetches()
    supply = _supply(fetches, 2)
    fetches.let_go.release()
    fetches.let_go.release()
    got = supply.next()
    assert got is not None

    supply.put_back(*got)
    supply.close()

    assert 0 in supply.left()
