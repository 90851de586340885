"""Figures over time as shapes: pure geometry, drawn by a template, coloured by the style sheet."""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.store.browsing import Slot

WIDTH, HEIGHT = 1000, 160
"""The plot alone, stretched to the width there is; what is written stands beside it in the page's own type."""
GAP = 0.24
"""The share of a slot that is left free between two columns."""
SLOTS_PER_LABEL = 4
STEPS = (1, 2, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """How far back is looked, and in which slots."""

    name: str
    slot_seconds: int
    slots: int
    label: str
    clock: str
    """How a slot's time is written."""

    @property
    def slot_name(self) -> str:
        """The length of a slot, in words."""
        minutes = self.slot_seconds // 60
        return f"{minutes} minutes" if minutes < 60 else "hour" if minutes == 60 else f"{minutes // 60} hours"


RANGES = {
    one.name: one
    for one in (
        Range(name="2h", slot_seconds=300, slots=24, label="2 hours", clock="%H:%M"),
        Range(name="24h", slot_seconds=3600, slots=24, label="24 hours", clock="%H:%M"),
        Range(name="7d", slot_seconds=6 * 3600, slots=28, label="7 days", clock="%a %H:%M"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One piece of a column."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """All that stands at one time: its pieces, and what a pointer is told."""

    x: float
    width: float
    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart, ready to be drawn."""

    columns: tuple[Column, ...]
    heights: tuple[str, ...]
    """What is written beside it, from the top to the bottom, evenly spread."""
    times: tuple[str, ...]
    """What is written below it, evenly spread."""
    line: str = ""
    """The points of a polyline, where it has one."""
    area: str = ""


def throughput_chart(slots: Sequence[Slot], span: Range) -> Chart:
    """Columns of what ended, the completed at the bottom."""
    top = nice_top(max((slot.ended for slot in slots), default=0))
    columns = tuple(_column(number, slot, len(slots), top, span) for number, slot in enumerate(slots))
    return Chart(columns=columns, heights=_heights(top), times=_times(slots, span))


def depths(slots: Sequence[Slot], open_now: int) -> list[int]:
    """How many jobs were open at the end of each slot, reckoned back from how many are open now."""
    depth, found = open_now, []
    for slot in reversed(slots):
        found.append(max(0, depth))
        depth += slot.ended - slot.created
    return found[::-1]


def queue_chart(slots: Sequence[Slot], open_now: int, span: Range) -> Chart:
    """A line of how many jobs were open."""
    deep = depths(slots, open_now)
    top, width = nice_top(max(deep, default=0)), WIDTH / max(1, len(slots))
    columns = tuple(
        Column(x=number * width, width=width, title=f"{slot.at.strftime(span.clock)}: {depth:,} open", bars=())
        for number, (slot, depth) in enumerate(zip(slots, deep, strict=True))
    )
    # Flat to both edges: the line begins and ends with the plot.
    middles = [(number + 0.5) * width for number in range(len(deep))]
    points = [(x, _y(depth, top)) for x, depth in zip(middles, deep, strict=True)]
    whole = [(0.0, points[0][1]), *points, (float(WIDTH), points[-1][1])] if points else []
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in whole)
    return Chart(
        columns=columns,
        heights=_heights(top),
        times=_times(slots, span),
        line=line,
        area=f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}",
    )


def nice_top(most: float) -> int:
    """The least round number that is not below it, with a whole half: 4, 10, 20, 40, 50, 100 and so on."""
    unit = 1
    while True:
        for step in STEPS:
            top = step * unit
            if top >= max(4, most) and top % 2 == 0:
                return top
        unit *= 10


def _column(number: int, slot: Slot, count: int, top: float, span: Range) -> Column:
    width = WIDTH / count
    parts = (("completed", slot.completed), ("failed", slot.failed), ("cancelled", slot.cancelled))
    bars, below = [], 0
    for kind, total in parts:
        if total:
            y = _y(below + total, top)
            x, thick = (number + GAP / 2) * width, width * (1 - GAP)
            bars.append(Bar(x=x, y=y, width=thick, height=_y(below, top) - y, kind=kind))
        below += total
    told = ", ".join(f"{total:,} {kind}" for kind, total in parts if total) or "nothing ended"
    title = f"{slot.at.strftime(span.clock)}: {told}"
    return Column(x=number * width, width=width, title=title, bars=tuple(bars))


def _heights(top: int) -> tuple[str, ...]:
    return f"{top:,}", f"{top // 2:,}", "0"


def _times(slots: Sequence[Slot], span: Range) -> tuple[str, ...]:
    return tuple(slot.at.strftime(span.clock) for slot in slots[::SLOTS_PER_LABEL])


def _y(value: float, top: float) -> float:
    return HEIGHT * (1 - value / top)
