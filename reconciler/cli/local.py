"""What the commands of the local platform share."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from reconciler.cli.refusal import AWAY, refuse
from reconciler.local.environments import BuildFailed
from reconciler.local.object_store import LocalObjectStoreError
from reconciler.local.platform import Platform, PlatformBusy, running_platform
from reconciler.local.postgres_binaries import PostgresError


@contextmanager
def platform_or_refuse(folder: Path, console: Console) -> Iterator[Platform]:
    """The running platform, with a spinner while it starts; a part that cannot start is one clear message."""
    status = console.status("starting")
    status.start()
    try:
        with running_platform(folder.resolve(), status.update) as platform:
            status.stop()
            yield platform
    except (BuildFailed, PostgresError, LocalObjectStoreError, PlatformBusy, subprocess.CalledProcessError) as error:
        status.stop()
        refuse(f"The local platform could not start: {error}", AWAY)
    finally:
        status.stop()
