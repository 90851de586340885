"""The data folder of a local Postgres, and the password of its one role."""

import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from reconciler.local.postgres_binaries import Binaries, PostgresError
from reconciler.local.private_files import read_or_none, write_private
from reconciler.local.unprivileged import Identity

USER = "postgres"
_INITDB_SECONDS_MAX = 120
_PASSWORD_BYTES = 24
_MESSAGE_CHARS_MAX = 2000

ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
"""All that Postgres is told of our environment: English messages, and none of our secrets."""


class DataFolder:
    """`data/` and `password` in a state folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "data"
        self._password = folder / "password"

    @property
    def version(self) -> int | None:
        """The major version that made the data; None when there is no data yet."""
        text = read_or_none(self.path / "PG_VERSION")
        return None if text is None else int(text)

    def password(self) -> str:
        """Read the password. Raises PostgresError when it is lost."""
        text = read_or_none(self._password)
        if text is None:
            raise PostgresError(f"{self._password} is missing: without it nobody can use {self.path}")
        return text

    def make(self, binaries: Binaries, identity: Identity, *, durable: bool) -> None:
        """Make the data folder whole or not at all, unless it is there. Raises PostgresError."""
        if self.version is not None:
            return
        if read_or_none(self._password) is None:
            write_private(self._password, secrets.token_hex(_PASSWORD_BYTES))
        unfinished = self.path.with_name("data.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._initdb(unfinished, binaries, identity, durable=durable)
        unfinished.rename(self.path)

    def _initdb(self, data: Path, binaries: Binaries, identity: Identity, *, durable: bool) -> None:
        with tempfile.TemporaryDirectory(prefix="pg-") as private:
            password_file = Path(private) / "password"
            write_private(password_file, self.password())
            for folder in (data, Path(private)):
                identity.own(folder)
            words = [*identity.prefix, binaries.initdb, "-D", data, "-U", USER, f"--pwfile={password_file}"]
            words += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--encoding=UTF8", "--no-locale"]
            _run([str(word) for word in words] + ([] if durable else ["--no-sync"]))


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_INITDB_SECONDS_MAX, check=False, env=ENVIRONMENT
        )
    except subprocess.TimeoutExpired as error:
        raise PostgresError(f"initdb took more than {_INITDB_SECONDS_MAX} s") from error
    if done.returncode != 0:
        raise PostgresError(f"initdb failed ({done.returncode}): {(done.stderr or done.stdout)[-_MESSAGE_CHARS_MAX:]}")
