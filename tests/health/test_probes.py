"""The port of a daemon: asked over HTTP, as a probe and a scraper do."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import urllib3
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from reconciler.health.port import PortTaken, listen
from reconciler.health.server import Server, health_app
from reconciler.health.verdict import Bounds
from reconciler.health.vitals import Vitals
from reconciler.loop.context import Context, Counts
from reconciler.loop.duties import Duty
from reconciler.loop.outage import Outage
from reconciler.store.database import connect
from tests.world import World

BOUNDS = Bounds(pass_seconds_max=600, overdue_seconds_max=60)


@contextmanager
def served(vitals: Vitals) -> Iterator[str]:
    """The address of a port that answers for these vitals."""
    link = listen("127.0.0.1", 0)
    server = Server(health_app(vitals), link)
    server.start()
    try:
        yield f"http://127.0.0.1:{link.getsockname()[1]}"
    finally:
        server.stop()


def get(address: str, accept: str = "*/*") -> tuple[int, str]:
    answer = urllib3.request("GET", address, headers={"accept": accept}, retries=3, timeout=20)
    return answer.status, answer.data.decode()


def asked(address: str) -> tuple[int, dict[str, Any]]:
    status, body = get(address)
    return status, json.loads(body)


def vitals_of(world: World, *duties: Duty, clock: Any = None) -> Vitals:
    more = {"clock": clock} if clock else {}
    return Vitals(duties=duties, engine=world.engine, bounds=BOUNDS, alive_seconds=60, **more)


def figures(text: str) -> dict[tuple[str, ...], float]:
    """Value by name and label values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_wedged_duty_is_dead_and_a_working_one_is_not(world: World) -> None:
    context, gate, time = world.daemon(), threading.Event(), [0.0]

    def stuck(_: Context) -> Counts:
        gate.wait(30)
        return Counts()

    duty = Duty("watch", stuck, 1, Outage(context.policy, context.random))
    vitals = vitals_of(world, duty, clock=lambda: time[0])
    thread = threading.Thread(target=duty.tick, args=(context,))
    with served(vitals) as address:
        assert asked(f"{address}/healthz") == (200, {"ok": True, "dead": [], "not_ready": []})
        thread.start()
        time[0] = 1e9
        status, body = asked(f"{address}/healthz")
        gate.set()
        thread.join()

    assert status == 503
    assert body["dead"][0].startswith("watch is")


def test_a_lost_database_is_alive_but_not_ready(world: World) -> None:
    nowhere = connect("postgresql://nobody:secret-word@127.0.0.1:1/none", application_name="test", pool_size=1)
    vitals = Vitals(duties=(), engine=nowhere, bounds=BOUNDS, alive_seconds=60)
    with served(vitals) as address:
        assert asked(f"{address}/healthz")[0] == 200
        status, body = asked(f"{address}/readyz")
        _, metrics = get(f"{address}/metrics")

    assert status == 503
    assert "does not answer" in body["not_ready"][0]
    assert "secret-word" not in json.dumps(body)
    assert figures(metrics)["reconciler_database_up",] == 0
    assert "reconciler_jobs" not in metrics


def test_an_overdue_run_makes_the_daemon_unready_with_its_age(world: World) -> None:
    context = world.daemon()
    world.submit()
    world.step(context)
    world.execute(
        "UPDATE camber_runs SET next_poll_at = now() - interval '90 s', lease_owner = NULL, lease_until = NULL"
    )
    with served(vitals_of(world)) as address:
        status, body = asked(f"{address}/readyz")

    assert status == 503
    assert body["not_ready"] == ["a row has been overdue for 90 s"]


def test_a_scrape_shows_the_queue(world: World) -> None:
    context = world.daemon()
    for _ in range(3):
        world.submit()
    world.execute("UPDATE jobs SET created_at = now() - interval '1 hour'")
    world.step(context)
    world.submit()
    with served(vitals_of(world)) as address:
        _, text = get(f"{address}/metrics")

    seen = figures(text)
    assert seen["reconciler_jobs", "processing"] == 3
    assert seen["reconciler_jobs", "pending"] == 1
    assert seen["reconciler_jobs", "held"] == 0
    assert sum(value for name, value in seen.items() if name[0] == "reconciler_runs") == 3
    assert seen["reconciler_run_oldest_seconds", "queued"] >= 0
    assert seen["reconciler_database_up",] == 1
    assert seen["reconciler_cli_call_seconds_count", "job create", "created"] >= 3


def test_a_scrape_in_openmetrics_is_one_whole_document(world: World) -> None:
    with served(vitals_of(world)) as address:
        _, text = get(f"{address}/metrics", "application/openmetrics-text; version=1.0.0")

    names = {family.name for family in open_metrics(text)}  # type: ignore[no-untyped-call]  # the library has no types here
    assert {"reconciler_jobs", "reconciler_events"} <= names


def test_a_taken_port_is_refused_with_its_number() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port}"):
            listen("127.0.0.1", port)
