"""What a recursive copy leaves out."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from reconciler.local.camber.errors import EmulatorError
from reconciler.local.camber.trees import Entry

Filter = Callable[[Entry], bool]


def left_out(root: Path, excluded: Sequence[str], *, use_gitignore: bool) -> Filter:
    """A test for what stands below a folder: true for an entry that is not to be copied."""
    patterns = [*excluded, *(_gitignore(root) if use_gitignore else [])]
    return lambda entry: any(_matches(entry, pattern) for pattern in patterns)


def _gitignore(root: Path) -> list[str]:
    path = root / ".gitignore"
    if not path.exists():
        return []
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    patterns = [line for line in lines if line and not line.startswith("#")]
    if any(pattern.startswith("!") for pattern in patterns):
        raise EmulatorError(f"{path}: the emulator cannot read a pattern that takes one back with '!'")
    return patterns


def _matches(entry: Entry, pattern: str) -> bool:
    """Whether the entry, or a folder above it, is meant. A pattern with a slash inside starts at the root."""
    parts = entry.inside.split("/")
    wanted = pattern.strip("/")
    for depth in range(1, len(parts) + 1):
        is_folder = entry.is_folder or depth < len(parts)
        name = "/".join(parts[:depth]) if "/" in pattern.rstrip("/") else parts[depth - 1]
        if fnmatchcase(name, wanted) and (is_folder or not pattern.endswith("/")):
            return True
    return False
