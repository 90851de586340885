"""Put the worker's bundle on the stash: once for each content, and proved by what is there afterwards."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.camber.bundle import Bundle
from reconciler.camber.errors import StashDamaged, StashPathMissing
from reconciler.camber.stash import StashCalls


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Where the bundle stands; `uploaded` unless it stood there already."""

    stash_path: str
    uploaded: bool


def publish(stash: StashCalls, bundle: Bundle, folder: str) -> Published:
    """Make sure that the folder holds the bundle. Raises CamberError where that cannot be proved."""
    path = f"{folder}/{bundle.name}"
    with TemporaryDirectory(prefix="rythmiq-publish-") as name:
        scratch = Path(name)
        if _stands(stash, bundle, folder, scratch):
            return Published(stash_path=path, uploaded=False)
        local = scratch / bundle.name
        local.write_bytes(bundle.data)
        stash.upload(local, path)
        if not _stands(stash, bundle, folder, scratch):
            raise StashDamaged("the uploaded bundle does not read back as it was built")
    return Published(stash_path=path, uploaded=True)


def _stands(stash: StashCalls, bundle: Bundle, folder: str, scratch: Path) -> bool:
    """Whether the folder lists the bundle, and it reads back."""
    try:
        listed = any(entry.name == bundle.name and not entry.is_folder for entry in stash.entries(folder))
        if listed:
            stash.download(f"{folder}/{bundle.name}", scratch / "back", sha256=bundle.sha256)
    except (StashPathMissing, StashDamaged):
        return False
    return listed
