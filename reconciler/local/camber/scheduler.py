"""The one background process of a home: it starts jobs, notices their ends, and leaves when there is nothing to do.

It owns no state of its own. Whatever it knows stands in the ledger and in the jobs' folders, so the next one takes over
from one that was killed, with the jobs that are still running.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from reconciler.local.camber import config as configuration
from reconciler.local.camber import execution, launcher, pace, trees
from reconciler.local.camber.doorbell import take_lock
from reconciler.local.camber.errors import EmulatorError
from reconciler.local.camber.home import Home
from reconciler.local.camber.ledger import Job, Ledger, Status
from reconciler.local.camber.processes import identify
from reconciler.local.camber.screens import write_err

_LOOK_SECONDS_MAX = 1.0
_STDERR = 2


def serve(home: Home, lock: int) -> None:
    """Schedule until idle, holding the lock that the starter took."""
    _close_inherited(lock)
    os.chdir(home.root)
    held: int | None = lock
    while held is not None:
        with _listening(home) as bell:
            scheduler = Scheduler(home, bell)
            scheduler.run()
        os.close(held)
        if scheduler.was_told_to_stop:
            return
        # Work may have come between the last look and the end of listening.
        with Ledger(home) as ledger:
            held = take_lock(home) if ledger.unfinished() else None


class Scheduler:
    """One turn of duty: from the first look at the ledger until idle or told to stop."""

    def __init__(self, home: Home, bell: int) -> None:
        self._home = home
        self._bell = bell
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._exits: dict[int, int] = {}
        """By job, a descriptor that becomes readable when the process ends."""
        self._tool_back_at: float | None = None
        self.was_told_to_stop = False

    def run(self) -> None:
        """Look, act and wait, again and again."""
        _remove_drafts(self._home)
        with self._signals_ring(), Ledger(self._home) as ledger:
            busy_at = time.time()
            while not self.was_told_to_stop:
                config = configuration.load(self._home, {})
                now = time.time()
                self._tool_back_at = launcher.back_at(self._home, now)
                next_look = self._look(ledger, config, now)
                if ledger.unfinished() or self._tool_back_at is not None:
                    busy_at = now
                elif now >= busy_at + config.idle_seconds:
                    return
                self._wait(min(next_look, busy_at + config.idle_seconds + _LOOK_SECONDS_MAX))

    def _look(self, ledger: Ledger, config: configuration.Config, now: float) -> float:
        """Do all that is due and return when something is next."""
        self._end_due(ledger, config, now)
        ends = [self._watch(ledger, config, job, now) for job in ledger.running()]
        free = config.concurrency - len([end for end in ends if end is not None])
        ready = [job for job in ledger.pending(limit=max(free, 0)) if job.ready_at <= now]
        for job in ready:
            self._start(ledger, config, job, now)
        waiting = [job.ready_at for job in ledger.pending(limit=1) if free > len(ready)]
        others = [moment for moment in (*ends, ledger.next_cancel_at(), self._tool_back_at) if moment is not None]
        return min([*waiting, *others, now + self._patience(ledger, config)])

    def _end_due(self, ledger: Ledger, config: configuration.Config, now: float) -> None:
        """End the jobs that are to be cancelled or have had their time."""
        late = [job for job in ledger.running() if 0 < config.job_seconds_max <= now - _started_at(job)]
        for job in ledger.to_cancel(now):
            self._finish(ledger, config, job, execution.Ending(Status.CANCELLED, now))
        for job in late:
            # One that ended by itself, unnoticed, keeps its own ending.
            ending = execution.ending(self._home, job, now) or execution.Ending(Status.FAILED, now)
            self._finish(ledger, config, job, ending)

    def _patience(self, ledger: Ledger, config: configuration.Config) -> float:
        return _LOOK_SECONDS_MAX if ledger.unfinished() else config.idle_seconds + _LOOK_SECONDS_MAX

    def _start(self, ledger: Ledger, config: configuration.Config, job: Job, now: float) -> None:
        script = execution.new_script_path()
        ledger.start(job.id, str(script), now)
        try:
            child = execution.spawn(self._home, config, job, script)
        except OSError:
            write_err(traceback.format_exc())
            self._finish(ledger, config, job._replace(script=str(script)), execution.Ending(Status.FAILED, now))
            return
        process = identify(child.pid)
        assert process is not None, "a child that was not reaped is still listed"  # noqa: S101
        ledger.record_process(job.id, process.pid, process.start)
        self._children[job.id] = child
        self._hear_exit(job.id, process.pid)

    def _watch(self, ledger: Ledger, config: configuration.Config, job: Job, now: float) -> float | None:
        """Finish a job whose end is due. Returns when to look at it again, or None if it is over."""
        ending = execution.ending(self._home, job, now)
        if ending is None:
            self._hear_exit(job.id, job.pid)
            return now + _LOOK_SECONDS_MAX
        self._drop(job)
        noticed_at = pace.noticed_end(config, _started_at(job), ending.at)
        if noticed_at > now:
            return noticed_at
        self._finish(ledger, config, job, ending._replace(at=noticed_at))
        return None

    def _finish(self, ledger: Ledger, config: configuration.Config, job: Job, ending: execution.Ending) -> None:
        try:
            execution.clear(self._home, config, job)
        except (OSError, EmulatorError):
            # What could not be cleared away stays; the job has ended all the same.
            write_err(traceback.format_exc())
        ledger.finish(job.id, ending.status, ending.at)
        self._drop(job)

    def _hear_exit(self, job_id: int, pid: int | None) -> None:
        if job_id not in self._exits and pid is not None:
            with contextlib.suppress(ProcessLookupError):
                self._exits[job_id] = os.pidfd_open(pid)

    def _drop(self, job: Job) -> None:
        if job.id in self._exits:
            os.close(self._exits.pop(job.id))
        if job.id in self._children:
            self._children.pop(job.id).wait()

    def _wait(self, until: float) -> None:
        select.select([self._bell, *self._exits.values()], [], [], max(0.0, until - time.time()))
        with contextlib.suppress(BlockingIOError):
            os.read(self._bell, 4096)

    @contextlib.contextmanager
    def _signals_ring(self) -> Iterator[None]:
        signal.signal(signal.SIGTERM, self._stop)
        signal.set_wakeup_fd(self._bell, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)

    def _stop(self, *_: object) -> None:
        self.was_told_to_stop = True


def _started_at(job: Job) -> float:
    assert job.started_at is not None, "a running job has started"  # noqa: S101
    return job.started_at


@contextlib.contextmanager
def _listening(home: Home) -> Iterator[int]:
    with contextlib.suppress(FileExistsError):
        os.mkfifo(home.doorbell, 0o600)
    # Opened for both ways, the pipe never reports that its last writer has gone.
    bell = os.open(home.doorbell, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _say_who(home)
        yield bell
    finally:
        os.close(bell)


def _say_who(home: Home) -> None:
    process = identify(os.getpid())
    assert process is not None, "this process runs"  # noqa: S101
    draft = home.scheduler_process.with_suffix(".new")
    draft.write_text(json.dumps(process._asdict()), "utf-8")
    draft.replace(home.scheduler_process)


def _close_inherited(lock: int) -> None:
    # A caller that waits for the end of a pipe must not wait for this process.
    for descriptor in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if descriptor > _STDERR and descriptor != lock:
            # The listing itself was one of them and is closed by now.
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _remove_drafts(home: Home) -> None:
    """Remove what killed uploads left behind."""
    if home.incoming.is_dir():
        for draft in home.incoming.iterdir():
            if identify(int(draft.name.partition("-")[0])) is None:
                trees.remove(draft)
