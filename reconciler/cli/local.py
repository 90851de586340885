"""What the commands of the local platform share."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from reconciler.cli.refusal import AWAY, WRONG_USE, refuse
from reconciler.local.environments import BuildFailed
from reconciler.local.object_store import LocalObjectStoreError
from reconciler.local.platform import Platform, PlatformBusy, running_platform
from reconciler.local.postgres_binaries import PostgresError


@contextmanager
def platform_or_refuse(folder: Path, console: Console) -> Iterator[Platform]:
    """The running platform, with a spinner while it starts; a part that cannot start is one clear message."""
    with ExitStack() as stack:
        yield _started(stack, folder, console)


def _started(stack: ExitStack, folder: Path, console: Console) -> Platform:
    with console.status("starting") as status:
        try:
            return stack.enter_context(running_platform(folder.resolve(), status.update))
        except (BuildFailed, PostgresError, LocalObjectStoreError, PlatformBusy) as error:
            refuse(f"The local platform could not start: {error}", AWAY)
        except subprocess.CalledProcessError as error:
            refuse(f"The local platform could not start: {_last_line(error)}", AWAY)
        except OSError as error:
            refuse(f"{error.filename or folder}: {error.strerror}", WRONG_USE)


def _last_line(error: subprocess.CalledProcessError) -> str:
    said = (error.stderr or b"").decode("utf-8", "replace").strip()
    return said.splitlines()[-1] if said else str(error)
