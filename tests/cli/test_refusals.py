"""Bad input everywhere: one clear line, the right exit code, nothing changed, whatever the command."""

from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from reconciler.cli.app import COMMANDS
from tests.cli.conftest import Call
from tests.database import Databases
from tests.world import USER, World

NOBODY = str(uuid4())
AWAY = "postgresql://postgres:hush-hush@127.0.0.1:1/none"
LOOK: dict[str, tuple[str, ...]] = {
    "status": ("status",),
    "jobs": ("jobs",),
    "job": ("job", NOBODY),
    "why": ("why", NOBODY),
    "runs": ("runs",),
    "run-log": ("run-log", NOBODY),
    "fetch": ("fetch", NOBODY, "--to", "out"),
    "schemas list": ("schemas", "list"),
    "schemas show": ("schemas", "show", "test"),
    "prune dry": ("prune", "--dry-run"),
    "erase dry": ("erase", str(USER), "--dry-run"),
}
CHANGE: dict[str, tuple[str, ...]] = {
    "rerun": ("rerun", "--status", "pending", "--yes"),
    "cancel": ("cancel", "--status", "pending", "--yes"),
    "hold": ("hold", "--status", "pending", "--yes"),
    "release": ("release", "--status", "pending", "--yes"),
    "submit": ("submit", "card.png", "--schema", "test", "--user", NOBODY),
    "schemas add": ("schemas", "add", "--shipped"),
    "schemas activate": ("schemas", "activate", "test"),
    "prune": ("prune",),
    "erase": ("erase", str(USER), "--reason", "asked for it", "--yes"),
}
EVERY = LOOK | CHANGE
WITHOUT_DATABASE = {"worker", "up", "demo"}
TESTED_ELSEWHERE = {"run", "migrate", "doctor", "replay", "watch"}
"""A daemon that runs, a terminal, and what other tests are about."""


def one_line(said: str) -> None:
    lines = [line for line in said.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, said
    assert "Traceback" not in said


def figures(world: World) -> object:
    """What a command that was refused must have left as it was."""
    flags = "rerun_requested::int + cancel_requested::int + (held_reason IS NOT NULL)::int"
    return world.one(
        f"SELECT concat_ws(' ', (SELECT count(*) FROM jobs), (SELECT sum({flags}) FROM jobs),"  # noqa: S608 - our own
        " (SELECT count(*) FROM portal_schemas), (SELECT count(*) FROM job_events), (SELECT count(*) FROM erasures))"
    )


def test_every_command_is_refused_here_or_elsewhere() -> None:
    named = {words[0] for words in EVERY.values()}

    assert set(COMMANDS) == named | WITHOUT_DATABASE | TESTED_ELSEWHERE


@pytest.fixture
def document(call: Call) -> Path:
    """What `submit` names."""
    file = Path("card.png")
    file.write_bytes(b"picture")
    return file


@pytest.mark.usefixtures("document")
@pytest.mark.parametrize("name", EVERY)
def test_a_database_that_is_away(call: Call, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("DATABASE_URL", AWAY)

    said = call(*EVERY[name], code=4).stderr

    one_line(said)
    assert "hush" not in said


@pytest.mark.usefixtures("document")
@pytest.mark.parametrize("name", EVERY)
def test_a_url_that_is_none(call: Call, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hush-hush@host:port/none")

    said = call(*EVERY[name], code=2).stderr

    one_line(said)
    assert "hush" not in said


OTHERS: dict[str, tuple[str, ...]] = {"migrate": ("migrate",), "replay": ("replay", "--since", "1h")}
SITUATIONS = {
    "away": (AWAY, 4),
    "no url": ("postgresql://u:hush-hush@host:port/none", 2),
    "other make": ("mysql://u:hush-hush@host/none", 2),
    "not named": ("", 2),
}


@pytest.mark.parametrize("name", ["run", "doctor"])
def test_a_url_that_is_none_is_told_before_anything_begins(
    call: Call, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hush-hush@host:port/none")

    assert call(name, code=2).stderr == "DATABASE_URL: cannot be read as a URL\n"


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("name", OTHERS)
def test_the_other_commands_refuse_alike(
    call: Call, monkeypatch: pytest.MonkeyPatch, name: str, situation: str
) -> None:
    url, code = SITUATIONS[situation]
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.delenv("SUPABASE_DB_URL", raising=False)

    said = call(*OTHERS[name], code=code).stderr

    assert "Traceback" not in said
    assert "hush" not in said
    assert 1 <= len(said.splitlines()) <= 2


@pytest.mark.usefixtures("document")
@pytest.mark.parametrize("name", EVERY)
def test_a_database_that_was_never_migrated(
    call: Call, monkeypatch: pytest.MonkeyPatch, empty_database_url: str, name: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)

    said = call(*EVERY[name], code=4).stderr

    one_line(said)
    assert "reconciler migrate" in said


@pytest.mark.usefixtures("document")
@pytest.mark.parametrize("name", EVERY)
def test_a_database_that_nobody_named(call: Call, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.delenv("SUPABASE_DB_URL", raising=False)

    said = call(*EVERY[name], code=2).stderr

    assert said.splitlines() == ["These settings cannot be used:", "  DATABASE_URL: is missing"]


@pytest.mark.usefixtures("document")
@pytest.mark.parametrize(
    ("role", "name", "code"),
    [
        *(("operator", name, 5) for name in ("submit", "schemas add", "schemas activate", "prune")),
        *(("reader", name, 5) for name in CHANGE if name != "release"),
        *(("reader", name, 0) for name in ("status", "jobs", "runs", "schemas list")),
        *(("api", name, 5) for name in ("status", "runs", "prune")),
    ],
)
def test_a_right_that_is_missing(
    world: World, call: Call, monkeypatch: pytest.MonkeyPatch, databases: Databases, role: str, name: str, code: int
) -> None:
    world.submit()
    before = figures(world)
    url = make_url(world.settings["DATABASE_URL"]).render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", databases.login(url, f"reconciler_{role}"))

    said = call(*EVERY[name], code=code).stderr

    if code:
        one_line(said)
        assert "This login may not do it" in said
    assert before == figures(world)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("job", NOBODY), 3),
        (("job", "seven"), 2),
        (("job", "12"), 2),
        (("why", NOBODY), 3),
        (("why", ""), 2),
        (("run-log", "no-such-marker"), 3),
        (("run-log", "9" * 40), 3),
        (("fetch", NOBODY, "--to", "out"), 3),
        (("fetch", "x", "--to", "out"), 2),
        (("jobs", "--status", "done"), 2),
        (("jobs", "--since", "yesterday"), 2),
        (("jobs", "--user", "me"), 2),
        (("jobs", "--error-code", "BAD_LUCK"), 2),
        (("jobs", "--after", NOBODY), 3),
        (("runs", "--state", "asleep"), 2),
        (("runs", "--after", "gone"), 3),
        (("cancel", NOBODY, "--yes"), 3),
        (("watch",), 2),
        (("submit", "gone.png", "--schema", "test", "--user", NOBODY), 2),
        (("schemas", "show", "nobody"), 3),
        (("erase", NOBODY, "--reason", "r", "--yes"), 3),
        (("erase", "somebody", "--reason", "r", "--yes"), 2),
        (("erase", str(USER), "--yes"), 2),
        (("erase", str(USER), "--reason", "r"), 2),
        (("erase", str(USER), "--reason", "r" * 501, "--yes"), 2),
    ],
    ids=lambda value: "-".join(value).replace(NOBODY, "nobody")[:60] if isinstance(value, tuple) else str(value),
)
def test_what_is_unknown_or_malformed(world: World, call: Call, words: tuple[str, ...], code: int) -> None:
    world.submit()
    before = figures(world)

    said = call(*words, code=code).stderr

    assert "Traceback" not in said
    assert len(said.strip().splitlines()) == (2 if words[0] == "submit" else 1)
    assert before == figures(world)


@pytest.mark.parametrize(
    ("revision", "words", "told"),
    [
        ("9999", ("prune",), "Install the newer program"),
        ("9999", ("migrate",), "install the newer one"),
        ("0003", ("prune",), "Run `reconciler migrate` first"),
    ],
)
def test_a_schema_of_another_version_is_neither_cleared_nor_migrated(
    world: World, call: Call, revision: str, words: tuple[str, ...], told: str
) -> None:
    world.execute("UPDATE alembic_version SET version_num = :revision", revision=revision)

    said = call(*words, code=4).stderr

    one_line(said)
    assert told in said
    assert revision == world.one("SELECT version_num FROM alembic_version")


@pytest.mark.parametrize("role", ["operator", "reader", "api"])
def test_who_may_not_prune_does_not_call_the_cli_first(
    world: World, call: Call, monkeypatch: pytest.MonkeyPatch, databases: Databases, role: str
) -> None:
    url = make_url(world.settings["DATABASE_URL"]).render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", databases.login(url, f"reconciler_{role}"))
    monkeypatch.setenv("CAMBER_BIN", "/nowhere")

    assert len(call("prune", code=5).stderr.splitlines()) == 1


@pytest.mark.parametrize("actor", ["", "  ", "a" * 201])
@pytest.mark.parametrize("words", [("rerun", "--status", "pending", "--yes"), ("erase", str(USER), "--reason", "r")])
def test_an_actor_who_is_nobody_or_endless(world: World, call: Call, words: tuple[str, ...], actor: str) -> None:
    world.submit()
    before = figures(world)

    one_line(call(*words, "--actor", actor, code=2).stderr)
    assert before == figures(world)


@pytest.mark.timeout(60)
def test_a_file_of_keys_without_an_end(call: Call) -> None:
    said = call("fetch", NOBODY, "--to", "out", "--master", "--identity", "/dev/zero", code=2).stderr

    assert said == "/dev/zero: is too large for a file of keys\n"
