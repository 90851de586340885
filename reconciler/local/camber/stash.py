"""`camber stash ls|mkdir|rm|test`."""

import sys

from reconciler.local.camber import pace, trees
from reconciler.local.camber.errors import ApiError, CommandError
from reconciler.local.camber.screens import go_json, write_out
from reconciler.local.camber.service import Call, Reply
from reconciler.local.camber.stash_paths import Place, locate, require
from reconciler.local.camber.trees import Entry

_HEADINGS = ("Name", "Type", "Size")


def ls(call: Call) -> Reply:
    """List a folder of the stash, its root if no path is given."""
    place = require(_place(call))
    if place.path.is_dir():
        found = list(trees.entries(place.path, recursive=call.given.is_true("recursive")))
    else:
        found = [Entry(place.path.name, place.path, is_folder=False, bytes=place.path.stat().st_size)]
    if call.given.text("output") == "json":
        items = [_as_mapping(entry) for entry in found]
        return Reply(go_json(items if call.config.stash_json == "list" else {"total": len(items), "items": items}))
    lines = [_HEADINGS, tuple("-" * len(heading) for heading in _HEADINGS), *map(_columns, found)]
    return Reply("".join(f"{name:<40} {kind:<20} {size}".rstrip() + "\n" for name, kind, size in lines).encode())


def mkdir(call: Call) -> Reply:
    """Make a folder, and those above it; one that is there already is an error."""
    place = _place(call)
    if place.path.exists():
        raise ApiError(2, f"Directory already exists: {place.shown}")
    place.path.mkdir(parents=True, exist_ok=True)
    return Reply(f"Directory created: {place.shown}\n".encode())


def rm(call: Call) -> Reply:
    """Remove a file or, with -r, a folder. Without -f it asks, and stops if there is no yes."""
    place, force = _place(call), call.given.is_true("force")
    if not place.inside:
        raise CommandError("refusing to remove the root of the stash")
    if not (place.path.exists() or place.path.is_symlink()):
        return _nothing_removed(place, force=force)
    if place.path.is_dir() and not call.given.is_true("recursive"):
        raise CommandError(f"{place.shown} is a directory: use -r to remove it")
    if not force and not _is_confirmed(place):
        return Reply(b"Aborted\n")
    trees.remove(place.path)
    return Reply(f"Removed {place.shown}\n".encode())


def test(call: Call) -> Reply:
    """Answer by exit status alone."""
    path = _place(call).path
    if call.given.is_true("directory"):
        is_so = path.is_dir()
    elif call.given.is_true("file"):
        is_so = path.is_file()
    else:
        is_so = path.exists()
    return Reply(exit_code=0 if is_so else 1)


def _place(call: Call) -> Place:
    account = call.account
    pace.take(pace.of(call.config).stash)
    return locate(call.home, account, (call.given.arguments or [f"stash://{account}/"])[0])


def _columns(entry: Entry) -> tuple[str, str, str]:
    return (entry.inside, "directory", "") if entry.is_folder else (entry.inside, "file", str(entry.bytes))


def _as_mapping(entry: Entry) -> dict[str, object]:
    mapping: dict[str, object] = {"name": entry.inside, "type": "directory" if entry.is_folder else "file"}
    return mapping if entry.is_folder else {**mapping, "size": entry.bytes}


def _nothing_removed(place: Place, *, force: bool) -> Reply:
    # An object store removes by prefix: nothing to remove is no failure for who asked not to be asked.
    if not force:
        require(place)
    return Reply()


def _is_confirmed(place: Place) -> bool:
    write_out(f"Are you sure you want to remove {place.shown}? (y/N): ".encode())
    return sys.stdin.readline().strip().lower() in ("y", "yes")
