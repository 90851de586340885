"""How runs are named, where their folders stand, and what they execute."""

import re
import secrets
from uuid import UUID

KILL_AFTER_SECONDS = 30
"""How long a run's command has to end by itself when its time is up."""


def marker_of(service_env: str, run_id: UUID) -> str:
    """The unique text by which a run is found again when its Camber id was lost."""
    return f"rq-{service_env}-{run_id.hex}"


def markers_in(service_env: str, *texts: str | None) -> set[str]:
    """The markers of this installation that stand in the texts."""
    pattern = re.compile(rf"\brq-{re.escape(service_env)}-[0-9a-f]{{32}}\b")
    return {marker for text in texts if text for marker in pattern.findall(text)}


def nonce() -> str:
    """What the worker must echo, and what keeps two attempts' keys apart."""
    return secrets.token_hex(6)


def run_folder(account: str, prefix: str, service_env: str, marker: str) -> str:
    """The run's own folder on the stash: a shared one would be overwritten between jobs."""
    return f"stash://{account}/{prefix}/{service_env}/{marker}/"


def run_command(marker: str, run_seconds: float) -> str:
    """What Camber's bash executes in the run folder. It ends by itself: Camber has no cancel. Free of secrets."""
    return f": {marker}; timeout --signal=TERM --kill-after={KILL_AFTER_SECONDS} {run_seconds:.0f} python3 bootstrap.py"


def control_key(marker: str) -> str:
    """The object that carries the run's stop signal."""
    return f"control/{marker}.json"


def inbox_key(marker: str, number: int) -> str:
    """The object with what the run was given at that time, from 1."""
    return f"inbox/{marker}/{number}.json"


def bundle_key(sha256: str) -> str:
    """The worker bundle: one object per content."""
    return f"bundles/{sha256}.tar.gz"
