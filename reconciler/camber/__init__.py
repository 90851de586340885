"""The Camber command-line tool, as the reconciler sees it.

Law: the only place that knows the CLI. What it prints is read once, here, into `reconciler.domain.observations`, and
what cannot be read is refused with the reason: a failed look is never a fact. `create` is tried once and never again;
whatever is not provably created or provably unsent is unknown. Nothing here logs: evidence goes through a callback.

    client.py      the job calls, one method each; retries around reads only
    stash.py       the stash calls, judged by what is there afterwards
    apps.py        the application calls: the container route
    runner.py      one call from arguments to verdict, and its evidence
    config.py      what the client must be told: limits, caps, credentials
    argv.py        argument lists (pure)
    parse/         what the CLI printed, read into outcomes (pure)
    process.py     finds the CLI, and runs it to its end
    forker.py      hands calls to the supervisors: the only subprocess
    supervisor.py  a program of its own that runs CLI calls: hard limit, boot-clock deadline, group kill
    evidence.py    what is kept of each call
    replay.py      kept evidence, read again (pure)
    redaction.py   what is never kept of any
    bundle.py      the worker's code as one deterministic archive
    publish.py     that archive on the stash, proved by reading it back
    errors.py      what the stash calls raise, by what the caller does
"""

from reconciler.camber.argv import JobRequest
from reconciler.camber.bundle import Bundle, build_bundle
from reconciler.camber.client import CamberClient
from reconciler.camber.config import CamberConfig, Limits
from reconciler.camber.errors import CamberError, StashDamaged, StashPathMissing, StashUnavailable
from reconciler.camber.evidence import CliCall
from reconciler.camber.process import boot_now

__all__ = [
    "Bundle",
    "CamberClient",
    "CamberConfig",
    "CamberError",
    "CliCall",
    "JobRequest",
    "Limits",
    "StashDamaged",
    "StashPathMissing",
    "StashUnavailable",
    "boot_now",
    "build_bundle",
]
