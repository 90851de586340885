"""What one transcript says, and what all of them say together."""

from collections.abc import Iterable
from typing import NamedTuple

from reconciler.local.camber.config import Config

Value = str | int | bool


class Lesson(NamedTuple):
    """A knob as this transcript shows it."""

    source: str
    knob: str
    value: Value


class Unclear(NamedTuple):
    """What no knob plays, or what cannot be told."""

    source: str
    reason: str


Remark = Lesson | Unclear


class Findings(NamedTuple):
    """What follows for one emulator."""

    learnt: dict[str, Value]
    lines: list[str]
    """One a thing, in the order of the knobs, and what was not understood behind them."""


def judge(remarks: Iterable[Remark], config: Config) -> Findings:
    """Hold what was seen against the knobs as they stand."""
    seen: dict[str, dict[Value, list[str]]] = {}
    unclear: list[Unclear] = []
    for remark in remarks:
        if isinstance(remark, Unclear):
            unclear.append(remark)
        else:
            sources = seen.setdefault(remark.knob, {}).setdefault(remark.value, [])
            sources += [] if remark.source in sources else [remark.source]
    settled = {knob: values for knob, values in seen.items() if len(values) == 1}
    unclear += [_contradiction(knob, values) for knob, values in seen.items() if len(values) > 1]
    knobs = [(knob, *next(iter(settled[knob].items()))) for knob in Config._field_defaults if knob in settled]
    learnt = {knob: value for knob, value, _ in knobs if getattr(config, knob) != value}
    lines = [_line(knob, value, sources, getattr(config, knob)) for knob, value, sources in knobs]
    return Findings(learnt, [*lines, *(f"unclear  {source}: {reason}" for source, reason in dict.fromkeys(unclear))])


def _line(knob: str, value: Value, sources: list[str], before: object) -> str:
    names = f"{sources[0]} and {len(sources) - 1} more" if len(sources) > 1 else sources[0]
    if value == before:
        return f"agreed   {knob} = {value!r} ({names})"
    return f"learnt   {knob} = {value!r}, was {before!r} ({names})"


def _contradiction(knob: str, values: dict[Value, list[str]]) -> Unclear:
    said = "; ".join(f"{value!r} in {sources[0]}" for value, sources in values.items())
    return Unclear(", ".join(sources[0] for sources in values.values()), f"{knob} contradicts itself: {said}")
