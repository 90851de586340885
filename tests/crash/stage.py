"""One world and what happens in it: what a story sees and sets, and what a story is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from tests import invariants
from tests.crash.node import MountedWorld, Node
from tests.world import World

HASTE = {
    "TICK_SECONDS": "0.2",
    "POLL_MIN_SECONDS": "0.2",
    "POLL_MAX_SECONDS": "0.4",
    "LEASE_SECONDS": "4",
    "CREATE_LIMIT_SECONDS": "1.5",
    "START_LIMIT_SECONDS": "1.5",
    "READ_LIMIT_SECONDS": "2",
    "STASH_LIMIT_SECONDS": "4",
    "SETTLE_SECONDS": "2",
    "ABSENT_READS_MIN": "2",
    "RELAUNCH_MAX": "10",
    "PLATFORM_FAULTS_MAX": "1000",
    "LOG_GRACE_SECONDS": "0.6",
    # Stories that are about these say so: they would cost the others a third of their time.
    "SWEEP_SECONDS": "60",
    "PRUNE_SECONDS": "60",
    "STASH_RETENTION_SECONDS": "0.2",
    "BACKOFF_BASE_SECONDS": "0.05",
    "BACKOFF_MAX_SECONDS": "0.2",
    "BREAKER_FAILURES_MIN": "100",
    "RUN_SLOTS": "2",
    "BATCH_MAX": "2",
    "PROBE_SECONDS": "1",
    "LOG_FORMAT": "json",
    "HEALTH_PORT": "",
}
OUTCOMES: dict[str, dict[str, str]] = {
    "ok": {},
    "exit-1": {"job create": "exit-1*1", "job get": "exit-1@2", "job list": "exit-1@3", "job logs": "exit-1@1"},
    "hang": {"job create": "hang*1", "job get": "hang@3"},
    "garbage": {"job create": "mangled*1", "job get": "garbage@2", "job list": "garbage@3", "job logs": "garbage@1"},
    "late": {"job create": "tardy*1", "job get": "tardy*2", "job logs": "tardy*2"},
}
"""What the CLI's calls come to: most befall the first create, and one of the looks."""
CREATE_SURELY_DEAD_SECONDS = 5.0
"""The limits above, with room. The daemon grants its supervisor more; the proof lets that time pass at once."""
LOOKS_IN_VAIN = 6
NEVER_SHOWN = (
    "FROM camber_runs WHERE state = 'abandoned' AND camber_job_id IS NULL AND created_at > now() - interval '1 day'"
)


@dataclass(kw_only=True)
class Stage:
    """What a scenario sees and sets."""

    world: World
    node: Node
    extra: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, act: Callable[[], object], *, when: bool = True) -> None:
        """Do it the first time that it is due."""
        if when and name not in self.memory:
            self.memory[name] = act()

    def state(self) -> str | None:
        """The state of the oldest run."""
        state = self.world.one("SELECT state FROM camber_runs ORDER BY created_at, id LIMIT 1")
        return None if state is None else str(state)

    def rest(self) -> bool:
        """Whether nothing is under way any more."""
        return bool(
            self.world.one(
                "SELECT NOT EXISTS (SELECT FROM jobs WHERE status IN ('pending', 'processing') OR rerun_requested"
                " OR cancel_requested) AND NOT EXISTS (SELECT FROM camber_runs WHERE state <> 'finished')"
            )
        )

    def trouble(self, dependency: str) -> bool:
        return bool(self.world.one("SELECT failures > 0 FROM breakers WHERE dependency = :name", name=dependency))

    def hurry(self) -> None:
        """Let the time pass that nothing happens in: all is set for it in advance but for its length."""
        self._age_launches()
        self._age_abandoned()

    def _age_abandoned(self) -> None:
        """A fenced launch was looked for often enough by now; the daemon would go on for as long as a job may queue."""
        if not self.world.one(f"SELECT EXISTS (SELECT {NEVER_SHOWN})"):
            self.memory.pop("fenced", None)
            return
        looked = self.world.calls("job list")
        if looked >= self.memory.setdefault("fenced", looked) + LOOKS_IN_VAIN:
            self.world.pretend(
                f"UPDATE camber_runs SET created_at = now() - interval '1 day' WHERE id IN (SELECT id {NEVER_SHOWN})"  # noqa: S608 - a constant
            )

    def _age_launches(self) -> None:
        """A supervisor is granted some time to kill a create, which is surely dead by now."""
        self.world.pretend(
            "UPDATE camber_runs SET submit_deadline = now() WHERE state IN ('launching', 'unknown')"
            " AND submit_deadline > now() AND launch_started_at < now() - make_interval(secs => :seconds)",
            seconds=CREATE_SURELY_DEAD_SECONDS,
        )

    def end_leases(self) -> None:
        """Let the time pass for which a daemon that is dead still holds what it was at."""
        self.world.pretend("UPDATE camber_runs SET lease_until = now() WHERE lease_until > now()")

    def broken(self, kinds: list[invariants.Invariant]) -> list[str]:
        with self.world.engine.connect() as connection:
            return invariants.broken(connection, kinds)

    def beside(self) -> list[str]:
        folders = {number: self.world.camber_job(number) for number in self.world.camber_jobs()}
        there = {number: folder for number, folder in folders.items() if not (folder / "gone").exists()}
        shown = [(number, (folder / "command").read_text()) for number, folder in there.items()]
        with self.world.engine.connect() as connection:
            return invariants.beside(connection, shown)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A story in which daemons die."""

    name: str
    begin: Callable[[Stage], object]
    tick: Callable[[Stage], object] = lambda _: None
    over: Callable[[Stage], bool] = Stage.rest
    settings: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    prelude: str | None = None
    """A point at which a daemon dies before the story begins, while all goes well."""
    first: Mapping[str, str] = field(default_factory=dict)
    """Settings of all daemons but the last; they may be stopped when it is `enough`."""
    enough: Callable[[Stage], bool] | None = None
    extra_camber_jobs: int = 0
    """How many Camber jobs the story itself adds."""


def set_faults(stage: Stage, **more: str) -> None:
    """Name what goes wrong: what the play is about, and these."""
    named = dict(stage.memory["faults"]) | {name.replace("_", " "): how for name, how in more.items()}
    stage.world.fault(**{name.replace(" ", "_"): how for name, how in named.items() if how})


def mounted(world: World, mount: str) -> Stage:
    """A stage over the world, whose jobs see their folders in this way."""
    inner = MountedWorld(**{name: getattr(world, name) for name in World.__dataclass_fields__})
    return Stage(world=inner, node=Node(world=inner, mount=mount))


def execute(stage: Stage, sql: str, **values: Any) -> int:
    """Returns how many rows it touched."""
    with stage.world.engine.begin() as connection:
        return connection.execute(text(sql), values).rowcount


def missing_key() -> str:
    return f"blobs/{uuid4()}"
