"""What a path on the command line means: a place in the caller's stash, and nowhere else."""

from pathlib import Path
from typing import NamedTuple

from reconciler.local.camber.errors import ApiError, CommandError
from reconciler.local.camber.home import Home

_SCHEME = "stash://"


class Place(NamedTuple):
    """A file or folder, there or not, in a stash or on this machine."""

    shown: str
    """As it was written."""
    path: Path
    """Where it stands on disk."""
    inside: str
    """The path from the stash's root, without slashes at its ends; empty for the root itself and for local places."""
    is_stash: bool

    @property
    def names_folder(self) -> bool:
        """Whether it can only be a folder, by how it was written."""
        return self.shown.endswith("/") or self.path.is_dir()


def is_stash(text: str) -> bool:
    """Whether a path names a place in a stash and not on this machine."""
    return text.startswith(_SCHEME)


def locate(home: Home, account: str, text: str) -> Place:
    """Find a place in the caller's stash. Without a scheme the path starts at the stash's root."""
    owner, _, inside = text.removeprefix(_SCHEME).partition("/") if is_stash(text) else (account, "", text)
    parts = [part for part in inside.split("/") if part not in ("", ".")]
    root = home.stash(account)
    path = root.joinpath(*parts)
    if owner != account or ".." in parts or not _is_below(path, root):
        raise ApiError(403, "You don't have permission to access this stash")
    root.mkdir(parents=True, exist_ok=True)
    return Place(text, path, "/".join(parts), is_stash=True)


def locate_any(home: Home, account: str, text: str) -> Place:
    """Find a place in the stash, or on this machine if the path has no scheme."""
    return locate(home, account, text) if is_stash(text) else Place(text, Path(text).absolute(), "", is_stash=False)


def require(place: Place) -> Place:
    """The place itself, if something is there."""
    if place.path.exists():
        return place
    if place.is_stash:
        raise ApiError(10, f"Path not found: {place.shown}")
    raise CommandError(f"source path does not exist: {place.shown}")


def _is_below(path: Path, root: Path) -> bool:
    # A job may have left a link in its folder that leads out of the stash.
    return path.resolve().is_relative_to(root.resolve())
