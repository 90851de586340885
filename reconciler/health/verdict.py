"""Is the daemon alive, is it ready? Judged by passes that ended, and by what is overdue in the database."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """One duty's progress; ages in seconds by this process's monotonic clock, None where it never happened."""

    duty: str
    period: float
    """Seconds between its passes."""
    begun_age: float | None
    """Since its last pass began."""
    ended_age: float | None
    """Since a pass last ended, well or not: what does not end is wedged."""
    completed_age: float | None
    """Since a pass last ended well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """When silence is too long, in seconds."""

    pass_seconds_max: float
    """How long one pass may take: the longest call of the CLI, and something over."""
    overdue_seconds_max: float
    """How long a row may be overdue before the daemon is no longer ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is wrong, one sentence each; nothing wrong is well."""

    dead: tuple[str, ...]
    """Only a new process helps."""
    not_ready: tuple[str, ...]
    """Something outside must come back, or help is needed."""

    @property
    def alive(self) -> bool:
        """Whether the process should be left alone."""
        return not self.dead

    @property
    def ready(self) -> bool:
        """Whether work gets done."""
        return not self.dead and not self.not_ready


def judge(
    pulses: Sequence[Pulse], bounds: Bounds, started_age: float, overdue_seconds: float | None, database: str | None
) -> Verdict:
    """Judge the daemon.

    `overdue_seconds` is the age of the row that is longest overdue, None where none is or it is not known; `database`
    says why the database does not answer, None where it does.
    """
    dead = tuple(_wedged(pulse, started_age) for pulse in pulses if _is_wedged(pulse, bounds, started_age))
    not_ready = [f"the database does not answer: {database}"] if database else _failing(pulses, bounds, started_age)
    if overdue_seconds is not None and overdue_seconds > bounds.overdue_seconds_max:
        not_ready.append(f"a row has been overdue for {overdue_seconds:.0f} s")
    return Verdict(dead=dead, not_ready=tuple(not_ready))


def _limit(pulse: Pulse, bounds: Bounds) -> float:
    return 2 * pulse.period + bounds.pass_seconds_max


def _age(age: float | None, started_age: float) -> float:
    """A pass that never was is as old as the process."""
    return started_age if age is None else age


def _is_wedged(pulse: Pulse, bounds: Bounds, started_age: float) -> bool:
    return _age(pulse.ended_age, started_age) > _limit(pulse, bounds)


def _wedged(pulse: Pulse, started_age: float) -> str:
    running = pulse.begun_age is not None and pulse.begun_age < _age(pulse.ended_age, started_age)
    what = "is stuck in a pass" if running else "is not called any more"
    return f"{pulse.duty} {what}: none ended for {_age(pulse.ended_age, started_age):.0f} s"


def _failing(pulses: Sequence[Pulse], bounds: Bounds, started_age: float) -> list[str]:
    return [
        f"{pulse.duty} has not completed a pass for {_age(pulse.completed_age, started_age):.0f} s"
        for pulse in pulses
        if _age(pulse.completed_age, started_age) > _limit(pulse, bounds)
    ]
