"""The daemon's one listening port."""

import socket
import threading
from collections.abc import Sequence
from typing import Any

import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from reconciler.health.gauges import QueueGauges
from reconciler.health.verdict import Verdict
from reconciler.health.vitals import Vitals
from reconciler.metrics import REGISTRY


def health_app(vitals: Vitals, more: Sequence[BaseRoute] = ()) -> Starlette:
    """The answers of the port: health, metrics, and `more`."""

    # Plain functions: each runs in a thread of its own, because the database may keep it waiting.
    def healthz(request: Request) -> Response:  # noqa: ARG001 - the route's signature
        verdict = vitals.alive()
        return _answer(verdict, good=verdict.alive)

    def readyz(request: Request) -> Response:  # noqa: ARG001 - the route's signature
        verdict = vitals.ready()
        return _answer(verdict, good=verdict.ready)

    figures = _figures(vitals)

    def metrics(request: Request) -> Response:
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(figures), media_type=kind)

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics), *more])


def _figures(vitals: Vitals) -> CollectorRegistry:
    """What the process counts, and the queue's figures."""
    both = CollectorRegistry(auto_describe=False)
    both.register(REGISTRY)
    both.register(QueueGauges(vitals))
    return both


def _answer(verdict: Verdict, *, good: bool) -> Response:
    body: dict[str, Any] = {"ok": good, "dead": list(verdict.dead), "not_ready": list(verdict.not_ready)}
    return JSONResponse(body, status_code=200 if good else 503)


class Server:
    """Serves until it is stopped, on a thread that never keeps the process alive."""

    def __init__(self, app: Starlette, link: socket.socket) -> None:
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False)
        self._server = uvicorn.Server(config)
        self._link = link
        self._thread = threading.Thread(target=self._serve, name="health", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering; waits at most two seconds."""
        self._server.should_exit = True
        self._thread.join(2)

    def _serve(self) -> None:
        self._server.run(sockets=[self._link])
