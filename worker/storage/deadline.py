"""A time limit for a whole exchange, however slowly the other side drips.

Timeouts of a socket hold for one operation: a byte every few seconds passes them for ever, in the handshake, in the
headers and in the body. So a timer shuts the connection down from outside, and whoever waits on it wakes up.
"""

import contextlib
import os
import socket
import threading
from types import TracebackType
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection


class Deadline:
    """Watches every connection that this thread uses while it is entered, and cuts them once the time is over."""

    def __init__(self, seconds: float) -> None:
        self.has_passed = False
        self._lines: list[socket.socket] = []
        self._changing = threading.Lock()
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        _of_thread.deadline = self
        self._timer.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._timer.cancel()
        _of_thread.deadline = None
        with self._changing:
            for line in self._lines:
                line.close()
            self._lines.clear()

    def watch(self, descriptor: int) -> None:
        """Cut this connection too; the descriptor stays its owner's."""
        line = socket.socket(fileno=os.dup(descriptor))
        with self._changing:
            self._lines.append(line)
            if self.has_passed:
                _cut(line)

    def _pass(self) -> None:
        with self._changing:
            self.has_passed = True
            for line in self._lines:
                _cut(line)


def _cut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


class _OfThread(threading.local):
    """The deadline that the current thread is under."""

    deadline: Deadline | None = None


_of_thread = _OfThread()


def _watch(line: socket.socket | None) -> None:
    if _of_thread.deadline is not None and line is not None:
        _of_thread.deadline.watch(line.fileno())


class WatchedHTTP(HTTPConnection):
    """A connection that the deadline of its thread can cut, from before any handshake."""

    def open(self) -> socket.socket:
        """Connect; what the class is extended by where a connection is to be made in another way."""
        return super()._new_conn()

    def _new_conn(self) -> socket.socket:
        line = self.open()
        _watch(line)
        return line

    def request(self, *arguments: Any, **options: Any) -> None:
        """Send a request, perhaps on a connection that an earlier exchange opened."""
        _watch(self.sock)
        super().request(*arguments, **options)


class WatchedHTTPS(WatchedHTTP, HTTPSConnection):
    """The same over TLS."""


class HTTPPool(urllib3.HTTPConnectionPool):
    """Connections that deadlines can cut."""

    ConnectionCls = WatchedHTTP


class HTTPSPool(urllib3.HTTPSConnectionPool):
    """Connections over TLS that deadlines can cut."""

    ConnectionCls = WatchedHTTPS
