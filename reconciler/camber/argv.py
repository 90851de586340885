"""Argument lists for the CLI (pure). Lists, never a shell string; the API key is never among them."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

# Linux refuses a single argument of 128 KiB or more, its closing zero included.
ARGUMENT_BYTES_MAX = 128 * 1024 - 1
# What `create` says fits a few lines; anything longer is not an answer.
CREATE_OUTPUT_BYTES_MAX = 64 * 1024
STASH_SCHEME = "stash://"
JSON = ("--output", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What `job create` is asked for. The command runs as line 1 of a bash script in the folder `stash_path`."""

    command: str
    stash_path: str
    node_size: str
    engine: str = "mpi"
    node_count: int = 1
    gpu: bool = False

    def __post_init__(self) -> None:
        if "\0" in self.command or len(self.command.encode()) > ARGUMENT_BYTES_MAX:
            raise ValueError("a command holds no zero byte and fits one argument")
        checked_stash_path(self.stash_path)


def checked_stash_path(stash_path: str) -> str:
    """Return the path if it names something inside a stash by its full, plain name."""
    parts = stash_path.removeprefix(STASH_SCHEME).rstrip("/").split("/")
    plain = all(part not in ("", ".", "..") for part in parts)
    if not (stash_path.startswith(STASH_SCHEME) and plain and stash_path.isprintable()):
        raise ValueError(f"not a full stash path: {stash_path!r}")
    return stash_path


def checked_app_name(name: str) -> str:
    """Return the name if it can be an application's: lower case, digits, hyphens, and never a flag."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,99}", name):
        raise ValueError(f"not an application's name: {name!r}")
    return name


def version() -> list[str]:
    """`camber version`."""
    return ["version"]


def me() -> list[str]:
    """`camber me`."""
    return ["me", *JSON]


def job_create(request: JobRequest) -> list[str]:
    """`camber job create`; every flag is spelled out, because the CLI's defaults have changed between versions."""
    gpu = ["--gpu"] if request.gpu else []
    shape = ["--engine", request.engine, "--size", request.node_size.lower(), "--num-nodes", str(request.node_count)]
    return ["job", "create", *shape, *gpu, "--path", request.stash_path, "--cmd", request.command]


def job_get(camber_job_id: int) -> list[str]:
    """`camber job get`."""
    return ["job", "get", str(camber_job_id), *JSON]


def job_list(page: int, size: int) -> list[str]:
    """`camber job list`; here `--size` is the page's."""
    return ["job", "list", *JSON, "--page", str(page), "--size", str(size)]


def job_logs(camber_job_id: int) -> list[str]:
    """`camber job logs`."""
    return ["job", "logs", str(camber_job_id)]


def stash_upload(local: Path, stash_path: str, *, recursive: bool) -> list[str]:
    """`camber stash cp` into the stash; recursively, the folder's contents land directly under the path."""
    return _copy(str(local.absolute()), checked_stash_path(stash_path), recursive=recursive)


def stash_download(stash_path: str, local: Path, *, recursive: bool) -> list[str]:
    """`camber stash cp` out of the stash."""
    return _copy(checked_stash_path(stash_path), str(local.absolute()), recursive=recursive)


def stash_list(stash_path: str) -> list[str]:
    """`camber stash ls -a`."""
    return ["stash", "ls", "-a", checked_stash_path(stash_path)]


def stash_remove(stash_path: str) -> list[str]:
    """`camber stash rm -rf`: without `-f` it may ask. Refuses a path so short that it could be a whole stash."""
    depth = len(PurePosixPath(checked_stash_path(stash_path).removeprefix(STASH_SCHEME)).parts)
    if depth < 2:
        raise ValueError(f"refusing to remove a whole stash: {stash_path!r}")
    return ["stash", "rm", "-rf", stash_path]


def stash_make_folder(stash_path: str) -> list[str]:
    """`camber stash mkdir`."""
    return ["stash", "mkdir", checked_stash_path(stash_path)]


def stash_test(stash_path: str) -> list[str]:
    """`camber stash test -e`."""
    return ["stash", "test", "-e", checked_stash_path(stash_path)]


def app_create(definition: Path) -> list[str]:
    """`camber app create`."""
    return ["app", "create", "--file", str(definition.absolute())]


def app_describe(name: str) -> list[str]:
    """`camber app describe`."""
    return ["app", "describe", checked_app_name(name)]


def app_run(name: str, inputs: dict[str, str], *, node_size: str) -> list[str]:
    """`camber app run`; note that its size flag is not the one of `job create`."""
    pairs = [part for key, value in inputs.items() for part in ("--input", f"{key}={value}")]
    return ["app", "run", checked_app_name(name), *pairs, "--node-size", node_size.lower()]


def app_list() -> list[str]:
    """`camber app list`."""
    return ["app", "list"]


def app_delete(name: str) -> list[str]:
    """`camber app delete`."""
    return ["app", "delete", checked_app_name(name)]


def _copy(source: str, target: str, *, recursive: bool) -> list[str]:
    return ["stash", "cp", *(["-r"] if recursive else []), source, target]
