"""Camber's node as the tests play it: starts what is queued, works a document a look, obeys the stop signal."""

import contextlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.loop.naming import control_key
from reconciler.objects.errors import ObjectMissing, ObjectsUnavailable
from tests.world import World
from worker.contract import CONTROL_FILE, Document, ErrorCode, RunFile, encode_frame, encode_leaving, parse_batch

MOUNTS = ("live", "snapshot", "snapshot-only")
"""How a job sees its folder. This node writes nothing there, so what is or is not written back makes no difference."""


@dataclass
class MountedWorld(World):
    """A world whose Camber jobs see their folder as it was when they started, unless it is mounted live."""

    def run_file(self, number: int = 0) -> RunFile:
        """What the worker of that Camber job reads."""
        run = parse_batch(json.loads((view(self, number) / "run.json").read_text()))
        assert isinstance(run, RunFile)
        return run


def stash_folder(world: World, number: int) -> Path:
    return world.home / "stash" / "tester" / (world.camber_job(number) / "mount_dir").read_text()


def view(world: World, number: int) -> Path:
    """Where the job sees its folder."""
    snapshot = world.camber_job(number) / "mount"
    return snapshot if snapshot.exists() else stash_folder(world, number)


@dataclass
class Node:
    """Works the queue: each `look` takes every Camber job one step on."""

    world: World
    mount: str = "live"
    spoilt: set[str] = field(default_factory=set)
    """Names of files whose documents fail."""
    asleep: set[int] = field(default_factory=set)
    """Camber jobs that stay where they are."""
    patient: bool = False
    """Camber jobs end only when every verdict of theirs was read."""
    mute: bool = False
    """Jobs end before anything of theirs is to be seen, neither in the log nor in the store."""
    muted: set[int] = field(default_factory=set)
    steps: dict[int, int] = field(default_factory=dict)
    stopped: set[int] = field(default_factory=set)
    """Camber jobs whose worker was told to stop, and did."""
    visits: list[Callable[[], object]] = field(default_factory=list)
    """What happens each time that a run which lingers has nothing to do. After the last it is given something and
    leaves without it."""
    taken: dict[int, int] = field(default_factory=dict)

    def look(self) -> None:
        for number in self.world.camber_jobs():
            if number not in self.asleep:
                # Without the store a worker waits too.
                with contextlib.suppress(ObjectsUnavailable):
                    self._step(number)
        for number in () if self.mute else sorted(self.muted):
            self.muted.discard(number)
            self.world.work(number)

    def _step(self, number: int) -> None:
        folder = self.world.camber_job(number)
        try:
            status = (folder / "status").read_text()
            (folder / "mount_dir").read_text()
        except OSError:
            return
        if status == "PENDING":
            self._begin(number)
        elif status == "RUNNING":
            self._work(number)

    def _begin(self, number: int) -> None:
        source = stash_folder(self.world, number)
        if not (source / "run.json").exists():
            # Its folder was removed or never whole: the command fails at once.
            self.world.camber_says("FAILED", number)
            return
        if self.mount != "live":
            shutil.copytree(source, self.world.camber_job(number) / "mount")
        self.world.camber_says("RUNNING", number)

    def _work(self, number: int) -> None:
        if self.mute:
            self.muted.add(number)
            self.world.camber_says("COMPLETED", number)
            return
        run = self.world.run_file(number)
        documents = [*run.documents, *self._given(number)]
        index = self.steps.get(number, 0)
        signal, skip = self._signal(number)
        if index >= len(documents) or signal == "abandon":
            if self.patient and signal != "abandon" and self._unread(number):
                return
            if run.linger:
                if signal != "abandon" and self._stays(number):
                    return
                self.world.say(number, encode_leaving(run.run_id, self.taken.get(number, 0)))
            if signal == "abandon" and index < len(documents):
                self.stopped.add(number)
            self.world.camber_says("COMPLETED", number)
            return
        self.steps[number] = index + 1
        document = documents[index]
        if document.attempt is not None and document.attempt.id not in skip:
            spoilt = document.payload.original_filename in self.spoilt
            frame = (
                self.world.failure(ErrorCode.CORRUPT_IMAGE, number, index)
                if spoilt
                else self.world.finish_document(run, document, index)
            )
            self.world.say(number, encode_frame(frame))

    def _given(self, number: int) -> list[Document]:
        """What a run that lingers has taken from its inbox."""
        taken = range(1, self.taken.get(number, 0) + 1)
        return [document for one in taken for document in self.world.inbox(one, number).documents]

    def _stays(self, number: int) -> bool:
        """Take what is there; else bring it about. One that is not to take it stays until it is there."""
        if self._unread(number):
            with contextlib.suppress(ObjectMissing):
                self.world.inbox(self.taken.get(number, 0) + 1, number)
                if not self.visits:
                    return False
                self.taken[number] = self.taken.get(number, 0) + 1
            return True
        if self.visits:
            self.visits.pop(0)()
            return True
        return False

    def _unread(self, number: int) -> bool:
        """Whether verdicts are outstanding; so they are while no run knows yet that this is its job."""
        return bool(
            self.world.one(
                "SELECT coalesce(bool_or(a.state = 'assigned'), true) FROM camber_runs r"
                " JOIN job_attempts a ON a.run_id = r.id WHERE r.camber_job_id = :number",
                number=number,
            )
        )

    def _signal(self, number: int) -> tuple[str, set[str]]:
        """Both channels, as the worker reads them before each document."""
        told = [self._control(number), self._file(number)]
        signal = "abandon" if any(one.get("signal") == "abandon" for one in told) else "continue"
        return signal, {attempt for one in told for attempt in one.get("skip", ())}

    def _control(self, number: int) -> dict[str, str]:
        marker = (self.world.camber_job(number) / "mount_dir").read_text().rstrip("/").rsplit("/", 1)[1]
        try:
            return dict(json.loads(self.world.objects.get(control_key(marker), bytes_max=100_000)))
        except ObjectMissing:
            return {}

    def _file(self, number: int) -> dict[str, str]:
        file = view(self.world, number) / CONTROL_FILE
        return dict(json.loads(file.read_text())) if file.exists() else {}
