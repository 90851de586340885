"""What is replayed: measured first, then packed as an environment in which a run finds it."""

import hashlib
import json
import subprocess
import sys
import tarfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from bench.relay import relayed
from bench.worker.children import Worked, work
from bench.worker.documents import Paper, pile
from bench.worker.place import Place
from reconciler.local.object_store import LocalObjectStore
from reconciler.objects.store import ObjectStore

NODE = Path(__file__).with_name("node.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a run's parts take here: the environment's bytes and processor time, a child's start, each document."""

    environment_bytes: int
    decompress_cpu_seconds: float
    """Of the archive: the longest of the things that go on side by side while an environment is laid out."""
    unpack_cpu_seconds: float
    """Of all the others together: the hash, what writes the files, and what removes them in the end."""
    fetch_cpu_seconds: float
    """Of store, relay and reader while the archive is fetched: on this machine they take from the nodes' cores."""
    child_cpu_seconds: float
    worked: tuple[Worked, ...]

    @property
    def document_cpu_seconds(self) -> float:
        """Of the mean document."""
        return mean(one.cpu_seconds for one in self.worked)


def measure(place: Place, papers: Sequence[Paper], processes: int, rounds: int) -> Measured:
    """Each paper so many times, on as many children as a node has processes; processor time, which load bends least."""
    shift = work(place.child(), list(pile(papers, len(papers) * rounds)), processes)
    decompressing = _decompressing(place)
    return Measured(
        environment_bytes=place.archive.stat().st_size,
        decompress_cpu_seconds=decompressing,
        unpack_cpu_seconds=max(0.0, _unpacking(place) - decompressing),
        fetch_cpu_seconds=_fetching(place),
        child_cpu_seconds=shift.startup_cpu_seconds,
        worked=shift.worked,
    )


def _decompressing(place: Place) -> float:
    """Processor seconds of reading the archive's tar."""
    began = _cpu_of_children()
    subprocess.run(["gzip", "--decompress", "--stdout", str(place.archive)], stdout=subprocess.DEVNULL, check=True)
    return _cpu_of_children() - began


def _unpacking(place: Place) -> float:
    """Processor seconds of reading the archive with its hash, and of unpacking and removing it."""
    with TemporaryDirectory() as folder:
        began, own_began = _cpu_of_children(), time.process_time()
        with place.archive.open("rb") as archive:
            hashlib.file_digest(archive, "sha256")
        subprocess.run(["tar", "--extract", "--gzip", "--file", str(place.archive), "--directory", folder], check=True)
        subprocess.run(["rm", "-r", folder], check=True)
        Path(folder).mkdir()
        return _cpu_of_children() - began + time.process_time() - own_began


def _cpu_of_children() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _fetching(place: Place) -> float:
    """Processor seconds of all who take part in one fetch of the archive through the relay."""
    with TemporaryDirectory() as folder:
        store = LocalObjectStore(Path(folder))
        store.start()
        try:
            objects = ObjectStore(store.config)
            objects.put_file("archive", place.archive, "application/gzip")
            with relayed(store.config.endpoint, 0.0, 1e12) as far:
                url = ObjectStore(replace(store.config, endpoint=far)).presign_get("archive", 600)
                began = _cpu_of(store.pid)
                _read(url)
                return _cpu_of(store.pid) - began
        finally:
            store.stop()


def _read(url: str) -> None:
    for attempt in Retrying(retry=retry_if_exception_type(OSError), stop=stop_after_delay(60), wait=wait_fixed(0.2)):
        with attempt, urllib.request.urlopen(url) as answer:  # noqa: S310 - our own store's
            while answer.read(1 << 20):
                pass


def _cpu_of(store: int) -> float:
    """Of this process, its children and the store."""
    taking_part = [psutil.Process(), *psutil.Process().children(), psutil.Process(store)]
    return sum(sum(process.cpu_times()[:2]) for process in taking_part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """The nodes of a replay: what their processes compute on.

    `shared_cores` None gives every process a core of its own; else all processes of all nodes share so many, and a part
    of a core too is possible, where others used the rest.
    """

    times_faster: int
    bytes_per_second: float
    shared_cores: float | None = None


def replay_archive(measured: Measured, nodes: Nodes, packages: Path, folder: Path) -> Path:
    """The archive of an environment that replays; its name says its hash as RUN_ARCHIVE_KEY must."""
    folder.mkdir(parents=True)
    site, models = folder / "site-packages", folder / "models"
    site.mkdir()
    models.mkdir()
    (models / "none").touch()
    (site / "sitecustomize.py").write_bytes(NODE.read_bytes())
    # What the worker itself imports comes from the real environment.
    (site / "replay.pth").write_text(f"{packages}\n")
    (site / "replay.json").write_text(json.dumps(_plan(measured, nodes, folder)))
    packed = folder / "packed.tar"
    with tarfile.open(packed, "w") as tar:
        tar.add(site, "site-packages")
        tar.add(models, "models")
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    return packed.rename(folder / f"replay-{digest}-py{sys.version_info.major}.{sys.version_info.minor}.tar")


def _plan(measured: Measured, nodes: Nodes, folder: Path) -> dict[str, Any]:
    cores = nodes.shared_cores
    count = max(1, round(cores)) if cores else 0
    return {
        "times_faster": nodes.times_faster,
        "core_locks": [str(folder / f"core-{number}") for number in range(count)],
        "core_speed": cores / count if cores else 1.0,
        "environment_wait_seconds": measured.environment_bytes / nodes.bytes_per_second,
        "environment_cpu_seconds": [
            measured.decompress_cpu_seconds,
            measured.unpack_cpu_seconds + (measured.fetch_cpu_seconds if cores else 0.0),
        ],
        "child_cpu_seconds": measured.child_cpu_seconds,
        "documents": _documents(measured.worked, folder),
    }


def _documents(worked: Sequence[Worked], folder: Path) -> dict[str, Any]:
    """By file name: the mean of what it took each time, and what was answered the last time."""
    documents = {}
    for one in worked:
        parts = [folder / f"{one.name}-{number}" for number in range(len(one.answer.parts))]
        for path, part in zip(parts, one.answer.parts, strict=True):
            path.write_bytes(part)
        documents[one.file_name] = {
            "cpu_seconds": mean(other.cpu_seconds for other in worked if other.name == one.name),
            "header": dict(one.answer.header),
            "parts": [str(path) for path in parts],
        }
    return documents
