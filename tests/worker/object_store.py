"""An object store on 127.0.0.1 that keeps objects in memory and fails on request."""

import base64
import contextlib
import hashlib
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class ObjectStore:
    """Objects by path, the headers they came with, and the faults that are still to happen, by method and path.

    Every answer comes `late_seconds` late; of a request in `touched` a file tells, once it is answered.
    """

    origin: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, Mapping[str, str]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    late_seconds: float = 0.0
    touched: dict[str, Path] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str, *, signature: str = "good") -> str:
        """A link as a presigner makes one; `signature` "expired" answers 403."""
        return f"{self.origin}{path}?X-Amz-Signature={signature}"


@contextmanager
def serving() -> Iterator[ObjectStore]:
    """Serve a new, empty store until the block is left."""
    store = ObjectStore()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(store))
    server.daemon_threads = True
    store.origin = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield store
    finally:
        store.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(store: ObjectStore) -> type["_Handler"]:
    return type("Handler", (_Handler,), {"store": store})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: ObjectStore

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        path = self._path()
        if path is not None:
            data = self.store.objects.get(path)
            self._answer(200 if data is not None else 404, data or b"")

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        path = self._path()
        if path is not None:
            self._keep(path, data)

    def _keep(self, path: str, data: bytes) -> None:
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        if self.headers.get("Content-MD5") != base64.b64encode(digest).decode():
            self._answer(400, b"BadDigest")
            return
        self.store.objects[path] = data
        self.store.headers[path] = dict(self.headers)
        self.store.order.append(path)
        self._answer(200, b"")

    def _path(self) -> str | None:
        """The path to act on, or None where a fault has already answered."""
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        self.store.requests.append(f"{self.command} {path}")
        self.store.released.wait(self.store.late_seconds)
        waiting = self.store.faults.get(f"{self.command} {path}")
        fault = waiting.pop(0) if waiting else None
        if "expired" in parse_qs(parts.query).get("X-Amz-Signature", []):
            fault = "403"
        if fault:
            self._fail(fault)
        return None if fault else path

    def _fail(self, fault: str) -> None:
        match fault:
            case "reset":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            case "silence":
                self.close_connection = True
                self.store.released.wait(10)
            case "drip":
                self._drip(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n")
            case "drip-head":
                self._drip(b"HTTP/1.1 200 OK\r\nX-Name: ")
            case "drip-endless":
                self._drip(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            case "short":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"x" * 10)
                self.close_connection = True
            case status:
                self._answer(int(status), b"")

    def _drip(self, head: bytes) -> None:
        """Go on for twenty seconds, a byte at a time."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.sendall(head)
            for _ in range(200):
                self.connection.sendall(b"x")
                if self.store.released.wait(0.1):
                    return

    def _answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        if told := self.store.touched.get(f"{self.command} {unquote(urlsplit(self.path).path)}"):
            told.touch()
