"""watch: a live screen that outlives its database."""

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import make_url

from tests.loop.test_daemon import PROGRAM
from tests.world import World

SECONDS_MAX = 60


class Screen:
    """What a program writes to its terminal."""

    def __init__(self, descriptor: int, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self._descriptor = descriptor

    def until(self, *words: str) -> str:
        """Read on until all the words came by; what was read before is forgotten."""
        deadline, seen = time.monotonic() + SECONDS_MAX, ""
        while not all(word in seen for word in words):
            assert time.monotonic() < deadline, f"{words} never came: {seen[-2000:]!r}"
            if select.select([self._descriptor], [], [], 1)[0]:
                try:
                    seen += os.read(self._descriptor, 65536).decode("utf-8", "replace")
                except OSError:
                    # The other side closed the terminal.
                    assert all(word in seen for word in words), seen[-2000:]
        return seen


@contextmanager
def watching(world: World, **settings: str) -> Iterator[Screen]:
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "150", "LINES": "40"}
    environment |= {"DATABASE_URL": world.settings["DATABASE_URL"]} | settings
    process = subprocess.Popen(
        [PROGRAM, "watch", "--seconds", "0.5"],
        env=environment,
        cwd=world.home,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Screen(ours, process)
    finally:
        process.kill()
        process.wait(SECONDS_MAX)
        os.close(ours)


@contextmanager
def server(world: World) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """The same server by another database."""
    url = make_url(world.settings["DATABASE_URL"]).set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


def test_a_database_that_goes_away_is_waited_for_and_what_was_seen_stays(world: World) -> None:
    name = make_url(world.settings["DATABASE_URL"]).database
    world.submit()
    with watching(world) as screen, server(world) as connection:
        screen.until("Ctrl-C ends", "1 due")
        connection.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        try:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            screen.until("the database is away, this is old", "1 due")
        finally:
            connection.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
        world.engine.dispose()
        screen.until("Ctrl-C ends")
        world.submit()
        screen.until("2 due")
        screen.process.send_signal(signal.SIGINT)
        screen.until("stopped watching")

        assert screen.process.wait(SECONDS_MAX) == 0


@pytest.mark.parametrize(
    ("url", "code", "word"),
    [
        ("postgresql://postgres:hush-hush@127.0.0.1:1/none", 4, "did not do it"),
        ("postgresql://u:hush-hush@host:port/none", 2, "cannot be read as a URL"),
    ],
    ids=["away", "no-url"],
)
def test_a_first_look_that_fails_is_one_line(world: World, url: str, code: int, word: str) -> None:
    with watching(world, DATABASE_URL=url) as screen:
        said = screen.until(word, "\n")

        assert screen.process.wait(SECONDS_MAX) == code
    assert "hush" not in said
    assert "Traceback" not in said
