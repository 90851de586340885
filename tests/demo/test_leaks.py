"""The look for secrets sees them: each place is given one, and it is found there."""

import sqlite3
import subprocess
import zlib
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.demo.leaks import camber_commands, kept_files, leaks, stored_values, watched_arguments

SECRETS = {"planted": "5ec7e75ec7e75ec7"}
(SECRET,) = SECRETS.values()


def test_a_secret_on_a_command_line_is_seen_even_if_its_process_is_soon_over(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    with watched_arguments(tmp_path) as arguments:
        subprocess.run(["sh", "-c", "sleep 0.2", SECRET], env=environment, check=True)
        subprocess.run(["sh", "-c", "sleep 0.2", "stranger"], env={"PATH": "/usr/bin:/bin"}, check=True)

    assert {("planted", "arguments")} == leaks(SECRETS, [("arguments", line) for line in arguments])
    assert not [line for line in arguments if "stranger" in line]


def test_a_secret_in_a_command_is_seen(tmp_path: Path) -> None:
    (tmp_path / "camber").mkdir()
    with closing(sqlite3.connect(tmp_path / "camber" / "jobs.sqlite3")) as database:
        database.execute("CREATE TABLE jobs (command BLOB)")
        database.execute("INSERT INTO jobs VALUES (?)", (f"A={SECRET} bash run.sh\xff".encode("latin-1"),))
        database.commit()

    assert {("planted", "command")} == leaks(SECRETS, [("command", line) for line in camber_commands(tmp_path)])


def test_a_secret_in_any_column_is_seen_and_so_is_a_compressed_one(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/rows.sqlite3")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE calls (id INTEGER, argv TEXT, stdout BLOB, plain BLOB, note TEXT)"))
        row = {"argv": f'["camber", "{SECRET}"]', "stdout": zlib.compress(f"x {SECRET}".encode())}
        connection.execute(
            text("INSERT INTO calls VALUES (1, :argv, :stdout, :plain, 'none')"), row | {"plain": SECRET.encode()}
        )
    found = leaks(SECRETS, stored_values(engine))
    engine.dispose()

    assert {("planted", f"calls.{column}") for column in ("argv", "stdout", "plain")} == found


def test_a_secret_in_what_stays_is_seen_and_its_holder_is_not_blamed(tmp_path: Path) -> None:
    names = ("daemon.log", "camber/jobs/7/log", "camber/stash/local/x/run.json", "camber.key", "samples/a.jpg")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"\xff line\n" + SECRET.encode())

    assert {("planted", name) for name in names[:3]} == leaks(SECRETS, kept_files(tmp_path))
