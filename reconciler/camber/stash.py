"""The stash calls: idempotent, tried again where that may help, and judged by what is there afterwards."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from reconciler.camber import argv
from reconciler.camber.errors import StashDamaged, StashPathMissing, StashUnavailable
from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.stash import Done, Entry, Listing, Missing, Odd, read_effect, read_ls, read_test
from reconciler.camber.runner import Call, Runner, silence_of
from reconciler.domain.observations import Trouble, Unreachable

T = TypeVar("T")

# What the CLI leaves for an object that it did not fetch.
PLACEHOLDER_BYTES = 1


class StashCalls:
    """What can be done with the stash. Every method raises `StashUnavailable` where Camber cannot be used now."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def upload(self, local: Path, stash_path: str, *, recursive: bool = False) -> None:
        """Copy a file to the path, or a folder's contents under it, over whatever is there."""
        if not local.exists():
            raise StashPathMissing(f"nothing to upload at {local.name}")
        call = self._copy(argv.stash_upload(local, stash_path, recursive=recursive))

        def once() -> None:
            outcome = self._once(call, read_effect)
            landed = isinstance(outcome, Done) or (isinstance(outcome, Odd) and self._landed(local, stash_path))
            if not landed:
                raise _failed(outcome)

        self._runner.insist(once)

    def download(self, stash_path: str, local: Path, *, sha256: str | None = None) -> None:
        """Copy one file to `local`, which appears whole or not at all.

        Without a hash to hold it against, a file of one byte is taken for the placeholder that the CLI leaves.
        """
        self._runner.insist(lambda: self._download_once(stash_path, local, sha256))

    def remove(self, stash_path: str) -> None:
        """Remove the path and all below it; a path that is not there is removed already."""
        call = self._short(argv.stash_remove(stash_path))

        def once() -> None:
            outcome = self._once(call, read_effect)
            gone = isinstance(outcome, Done | Missing) or (_may_be_done(outcome) and not self._exists_once(stash_path))
            if not gone:
                raise _failed(outcome)

        self._runner.insist(once)

    def make_folder(self, stash_path: str) -> None:
        """Make the folder; one that is there already is made."""
        call = self._short(argv.stash_make_folder(stash_path))

        def once() -> None:
            outcome = self._once(call, read_effect)
            if not isinstance(outcome, Done) and not (_may_be_done(outcome) and self._exists_once(stash_path)):
                raise _failed(outcome)

        self._runner.insist(once)

    def exists(self, stash_path: str) -> bool:
        """Return whether anything stands at the path."""
        return self._runner.insist(lambda: self._exists_once(stash_path))

    def entries(self, stash_path: str) -> tuple[Entry, ...]:
        """Return what the folder holds; raise `StashPathMissing` if there is no such folder."""

        def once() -> tuple[Entry, ...]:
            outcome = self._once(self._short(argv.stash_list(stash_path)), read_ls)
            if isinstance(outcome, Listing):
                return outcome.entries
            raise _failed(outcome)

        return self._runner.insist(once)

    def _exists_once(self, stash_path: str) -> bool:
        outcome = self._once(self._short(argv.stash_test(stash_path)), read_test)
        if isinstance(outcome, Unreachable):
            raise _failed(outcome)
        return outcome

    def _download_once(self, stash_path: str, local: Path, sha256: str | None) -> None:
        part = local.with_name(f"{local.name}.part")
        part.unlink(missing_ok=True)
        try:
            outcome = self._once(self._copy(argv.stash_download(stash_path, part, recursive=False)), read_effect)
            told = isinstance(outcome, Done) or (isinstance(outcome, Odd) and sha256 is not None)
            if not told:
                raise _failed(outcome)
            _check_download(part, sha256)
            part.replace(local)
        finally:
            part.unlink(missing_ok=True)

    def _landed(self, local: Path, stash_path: str) -> bool:
        """Read back what was uploaded: of all ways to look, only this needs no unknown screen and sees old content."""
        with TemporaryDirectory(prefix="camber-read-back-") as scratch:
            back = Path(scratch) / "back"
            target = stash_path if local.is_dir() or not stash_path.endswith("/") else stash_path + local.name
            self._once(self._copy(argv.stash_download(target, back, recursive=local.is_dir())), read_effect)
            # A recursive copy may land with or without the folder's own name; either proves the contents.
            seen = [_hashes(back), _hashes(back / target.rstrip("/").rpartition("/")[2])]
        return any(_hashes(local).items() <= hashes.items() for hashes in seen)

    def _once(self, call: Call, read: Callable[[Printed], T]) -> T | Unreachable:
        return self._runner.ask(call, read, silence_of)

    def _copy(self, arguments: list[str]) -> Call:
        return Call(arguments=arguments, limit_seconds=self._runner.config.limits.copy)

    def _short(self, arguments: list[str]) -> Call:
        return Call(arguments=arguments, limit_seconds=self._runner.config.limits.stash)


def _may_be_done(outcome: object) -> bool:
    """Whether only a look can tell: what is there already, or not any more, may be answered with any error."""
    return isinstance(outcome, Odd) or (isinstance(outcome, Unreachable) and outcome.trouble is Trouble.API_ERROR)


def _failed(outcome: object) -> StashUnavailable | StashPathMissing:
    match outcome:
        case Missing(reason):
            return StashPathMissing(reason)
        case Unreachable(trouble, reason):
            return StashUnavailable(trouble, reason)
        case _:
            return StashUnavailable(Trouble.UNREADABLE, f"not confirmed: {getattr(outcome, 'reason', outcome)}")


def _check_download(part: Path, sha256: str | None) -> None:
    if not part.is_file():
        raise StashUnavailable(Trouble.UNREADABLE, "the CLI left no file")
    if sha256 is None and part.stat().st_size == PLACEHOLDER_BYTES:
        raise StashDamaged("one byte came down, which is what the CLI leaves for an object it did not fetch")
    if sha256 is not None and _sha256(part) != sha256:
        raise StashDamaged(f"{part.stat().st_size} bytes came down with another hash than promised")


def _hashes(path: Path) -> dict[str, str]:
    """Return the hash of every file by its name below the path; a single file's name is empty."""
    if path.is_file():
        return {"": _sha256(path)}
    return {file.relative_to(path).as_posix(): _sha256(file) for file in path.rglob("*") if file.is_file()}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
