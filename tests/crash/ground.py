"""Where the worlds of the matrix are made: a database, a store, a product's end of the callback for each."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit

from reconciler.objects.store import ObjectStoreConfig
from tests.chaos.proxy import running_proxy
from tests.crash.stage import Scenario, Stage, mounted
from tests.database import Databases
from tests.world import make_world


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One Postgres, one store, a folder."""

    databases: Databases
    template: str
    store: ObjectStoreConfig
    folder: Path
    turn: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def ground_world(ground: Ground, scenario: Scenario, mount: str) -> Iterator[Stage]:
    """A stage on a database and in a folder of its own; its store is reached through a proxy if the story cuts it."""
    home = Path(mkdtemp(prefix="world-", dir=ground.folder))
    with ground.turn:
        making = ground.databases.fresh(ground.template)
        url = making.__enter__()
        daemon_url = ground.databases.login(url, "reconciler_daemon")
    try:
        with _store(ground.store, scenario) as (store, proxy), _product(scenario) as callback_url:
            stage = mounted(make_world(url, daemon_url, store, home), mount)
            stage.extra |= {"store": proxy, "callback_url": callback_url}
            try:
                yield stage
            finally:
                stage.world.close()
    finally:
        with ground.turn:
            making.__exit__(None, None, None)


@contextmanager
def _store(store: ObjectStoreConfig, scenario: Scenario) -> Iterator[tuple[ObjectStoreConfig, Any]]:
    if scenario.name != "store away":
        yield store, None
        return
    target = urlsplit(store.endpoint)
    with running_proxy(str(target.hostname), int(target.port or 80)) as proxy:
        yield replace(store, endpoint=f"http://127.0.0.1:{proxy.port}"), proxy


@contextmanager
def _product(scenario: Scenario) -> Iterator[str | None]:
    """The product's end of the callback: it refuses the first message once."""
    if "CALLBACK_SECRET" not in scenario.settings:
        yield None
        return
    with _Product(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/hook"
        finally:
            server.shutdown()
            thread.join()


class _Product(ThreadingHTTPServer):
    refused = False


class _Handler(BaseHTTPRequestHandler):
    server: _Product

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204 if self.server.refused else 503)
        self.server.refused = True
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
