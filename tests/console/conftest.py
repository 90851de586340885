"""What the tests of the console share: a house with a real database and store, asked in this process over HTTP."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from reconciler.console.app import console_routes
from reconciler.console.desk import Desk
from reconciler.console.opening import desk_of
from reconciler.loop import collect, dispatch, watch
from reconciler.settings import load
from tests.world import World

TOKEN = "a-token-for-the-tests-only"
OURS = "http://localhost:9321"
PORT = {"HEALTH_PORT": "9321", "CONSOLE": "1"}
_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


def desk_for(world: World, *, troubles: tuple[str, ...] = (), **settings: str) -> Desk:
    """A desk as the daemon makes it: with the daemon's login."""
    given = world.settings | {"DATABASE_URL": world.daemon_url} | PORT | settings
    return desk_of(load(given, Path(os.devnull)), lambda: troubles)


@dataclass
class Browser:
    """What a person does, without drawing it: pages, forms, cookies."""

    world: World
    client: TestClient
    desk: Desk
    last: "httpx2.Response | None" = field(default=None)

    def get(self, path: str, code: int = 200, **more: Any) -> str:
        """The text of a page that must be answered so."""
        self.last = self.client.get(path, **more)
        assert self.last.status_code == code, self.last.text
        return self.last.text

    def post(self, path: str, code: int = 303, headers: dict[str, str] | None = None, **form: Any) -> str:
        """Send a form of our own, as a browser does."""
        given = {"origin": OURS, "sec-fetch-site": "same-origin"} if headers is None else headers
        self.last = self.client.post(path, data=form, headers=given, follow_redirects=False)
        assert self.last.status_code == code, self.last.text
        return self.last.text

    def order(self, code: int = 303, **form: Any) -> str:
        """Send an order with the token of a page that was just shown."""
        if "form_token" not in form:
            form["form_token"] = self.form_token()
        return self.post("/console/orders", code, **form)

    def form_token(self) -> str:
        found = _FORM_TOKEN.search(self.get("/console/jobs"))
        if found is None:
            found = _FORM_TOKEN.search(self.get(f"/console/jobs/{self.world.submit()}"))
        assert found is not None
        return found[1]


Opened = Callable[..., Browser]


@pytest.fixture
def opened(world: World) -> Iterator[Opened]:
    """Opens a console of this world with these settings."""
    desks = []

    def open_console(**settings: Any) -> Browser:
        desk = desk_for(world, **settings)
        desks.append(desk)
        client = TestClient(Starlette(routes=console_routes(desk)), base_url=OURS, raise_server_exceptions=False)
        return Browser(world=world, client=client, desk=desk)

    yield open_console
    for desk in desks:
        desk.engine.dispose()


@pytest.fixture
def browser(opened: Opened) -> Browser:
    """A console on loopback, without a token."""
    return opened()


def finish(world: World, name: str = "card.png", data: bytes = b"picture") -> UUID:
    """One document, all the way."""
    daemon, job = world.daemon(), world.submit(name, data)
    world.step(daemon, dispatch.run_once)
    world.work(world.camber_jobs()[-1])
    world.step(daemon, watch.run_once, collect.run_once)
    return job


def start(world: World, name: str = "card.png") -> UUID:
    """One document, as far as a run at Camber."""
    daemon, job = world.daemon(), world.submit(name)
    world.step(daemon, dispatch.run_once)
    return job
