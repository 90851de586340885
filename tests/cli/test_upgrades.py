"""What a daemon does at a database that another version of the program made."""

import json

from tests.loop.test_daemon import end, running_daemon, until
from tests.world import World


def test_a_schema_newer_than_the_program_is_refused(world: World) -> None:
    world.execute("UPDATE alembic_version SET version_num = '9999'")

    with running_daemon(world) as daemon:
        _, said = daemon.communicate(timeout=60)

    assert daemon.returncode == 4
    assert "The database's schema is at 9999, which this program does not know" in said
    assert world.one("SELECT count(*) FROM daemons") == 0


def test_an_older_schema_is_waited_on_until_it_is_migrated(world: World) -> None:
    newest = world.one("SELECT version_num FROM alembic_version")
    world.execute("UPDATE alembic_version SET version_num = '0002'")
    with running_daemon(world) as daemon:
        assert daemon.stderr is not None
        waits = json.loads(daemon.stderr.readline())
        assert (waits["event"], waits["found"], waits["needed"]) == ("Schema awaited", "0002", newest)
        assert world.one("SELECT count(*) FROM daemons") == 0

        world.execute("UPDATE alembic_version SET version_num = :newest", newest=newest)
        until(lambda: bool(world.one("SELECT count(*) FROM daemons")))
        log = end(daemon)

    events = [line["event"] for line in log]
    assert "Daemon started" in events
    assert "Schema awaited" not in events
    assert daemon.returncode == 0


def test_a_database_that_was_never_migrated_is_waited_on(world: World, empty_database_url: str) -> None:
    with running_daemon(world, DATABASE_URL=empty_database_url) as daemon:
        assert daemon.stderr is not None
        waits = json.loads(daemon.stderr.readline())

    assert (waits["event"], waits["found"]) == ("Schema awaited", None)
