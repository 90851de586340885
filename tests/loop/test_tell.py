"""What the product hears when a job ends."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest

from reconciler.loop import prune, tell
from reconciler.store import outbox
from tests.world import World

SECRET = "a-secret-of-the-callback"


class Product(ThreadingHTTPServer):
    """The product's end of the callback: keeps what it was sent, answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(content) for _, content in self.heard]


class _Handler(BaseHTTPRequestHandler):
    server: Product

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), content))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.send_header("Location", self.server.url)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Keep the test's output quiet."""


@contextmanager
def product() -> Iterator[Product]:
    with Product() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def finished_job(world: World, **settings: str) -> Any:
    """A daemon, and a job that it completed."""
    context = world.daemon(**settings)
    job = world.submit()
    world.step(context)
    world.work()
    world.step(context)
    world.step(context)
    assert world.status(job) == "completed"
    return context, job


def callback(server: Product) -> dict[str, str]:
    return {"CALLBACK_URL": server.url, "CALLBACK_SECRET": SECRET}


def test_the_product_is_posted_what_ended_with_its_document(world: World) -> None:
    with product() as server:
        context, job = finished_job(world, **callback(server))
        assert tell.run_once(context) == {"delivered": 1}
        assert tell.run_once(context) == {}

    (message,) = server.told()
    assert message["event"] == "job.completed"
    assert message["job_id"] == str(job)
    assert message["status"] == "completed"
    assert message["artifacts"]["portal"]["key"].startswith("output/")
    assert 0 <= message["metrics"]["ocr_confidence"] <= 1
    assert message["metrics"]["portal"]["width"] == 60
    assert "error" not in message


def test_the_signature_is_an_hmac_over_the_bytes_that_came(world: World) -> None:
    with product() as server:
        context, _ = finished_job(world, **callback(server))
        tell.run_once(context)

    ((headers, content),) = server.heard
    expected = hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
    assert headers["X-Webhook-Signature"] == expected
    assert SECRET not in content.decode() + str(headers)


def test_a_failure_is_told_with_code_and_advice_and_without_message(world: World) -> None:
    with product() as server:
        context = world.daemon(**callback(server))
        job = world.submit()
        error = json.dumps({"code": "NO_TEXT", "stage": "OCR", "message": "quotes a page", "advice": "hold it still"})
        world.execute(
            "UPDATE jobs SET status = 'failed', completed_at = now(), error_details = CAST(:error AS jsonb)",
            error=error,
        )
        tell.run_once(context)

    (message,) = server.told()
    assert message["job_id"] == str(job)
    assert message["error"] == {"code": "NO_TEXT", "stage": "OCR", "advice": "hold it still"}
    assert "artifacts" not in message


@pytest.mark.parametrize("answer", [500, 404, 302])
def test_what_is_not_taken_is_told_again_with_the_same_id(world: World, answer: int) -> None:
    with product() as server:
        server.answers = [answer]
        patient = {"BACKOFF_BASE_SECONDS": "60", "BACKOFF_MAX_SECONDS": "60"}
        context, _ = finished_job(world, **callback(server), **patient)
        assert tell.run_once(context) == {"put_off": 1}
        assert tell.run_once(context) == {}, "it is backing off"
        assert world.one("SELECT last_error FROM outbox") == f"HTTP {answer}"
        world.execute("UPDATE outbox SET available_at = now()")
        assert tell.run_once(context) == {"delivered": 1}

    first, second = server.told()
    assert first == second


def test_where_no_answer_comes_the_others_wait(world: World) -> None:
    context, _ = finished_job(world, CALLBACK_URL="http://127.0.0.1:1/", CALLBACK_SECRET=SECRET)
    world.execute("UPDATE jobs SET rerun_requested = true")
    world.step(context)
    world.execute("UPDATE jobs SET cancel_requested = true")
    world.step(context)
    assert world.one("SELECT count(*) FROM outbox") == 2

    assert tell.run_once(context) == {"put_off": 1}
    assert world.one("SELECT count(*) FROM outbox WHERE attempts = 0") == 1


def test_a_daemon_that_died_while_it_told_loses_nothing(world: World) -> None:
    with product() as server:
        context, _ = finished_job(world, **callback(server))
        with context.engine.begin() as connection:
            assert outbox.claim(connection, 30, 3600)
        assert tell.run_once(context) == {}
        world.execute("UPDATE outbox SET available_at = now()")
        assert tell.run_once(context) == {"delivered": 1}


def test_what_is_too_old_is_given_up_and_pruned_in_its_time(world: World) -> None:
    with product() as server:
        context, _ = finished_job(world, **callback(server))
        world.execute("UPDATE outbox SET created_at = now() - interval '2 days'")
        assert tell.run_once(context) == {}
        prune.run_once(context)
        assert world.one("SELECT count(*) FROM outbox") == 1
        world.execute("UPDATE outbox SET created_at = now() - interval '8 days'")
        prune.run_once(context)

    assert world.one("SELECT count(*) FROM outbox") == 0
    assert server.heard == []


def test_whoever_listens_is_notified_of_every_end_whoever_made_it(world: World, database_url: str) -> None:
    url = database_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("LISTEN job_finished")
        _, job = finished_job(world)
        world.execute("UPDATE jobs SET rerun_requested = true")
        world.step(world.daemon())
        world.execute("UPDATE jobs SET status = 'cancelled', completed_at = now()")
        heard = [json.loads(one.payload) for one in link.notifies(timeout=10, stop_after=2)]

    assert heard == [
        {"job_id": str(job), "status": "completed"},
        {"job_id": str(job), "status": "cancelled"},
    ]
