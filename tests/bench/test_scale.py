"""What a plan reads, what grows, and what a daemon holds."""

import pytest

from bench.scale.figures import growth
from bench.scale.memory import memory
from bench.scale.queries import Read, read_plan

LEAF = {"Node Type": "Index Scan", "Relation Name": "jobs", "Actual Rows": 3, "Actual Loops": 2}
PLAN = {
    "Plan": {
        "Node Type": "Limit",
        "Shared Hit Blocks": 7,
        "Shared Read Blocks": 2,
        "Plans": [LEAF | {"Rows Removed by Filter": 1}, LEAF | {"Node Type": "Seq Scan"}],
    }
}


def test_a_plan_touches_what_it_drops_too() -> None:
    read = read_plan(PLAN, 1.5)

    assert (read.milliseconds, read.pages, read.rows) == (1.5, 9, 14)
    assert read.nodes == ("Index Scan on jobs", "Seq Scan on jobs")


def test_growth_is_from_the_smallest_to_the_largest() -> None:
    sizes = {size: Read(milliseconds=time, pages=1, rows=1, nodes=()) for size, time in ((1000, 3.0), (10, 2.0))}

    assert growth(sizes) == pytest.approx(1.5)


def test_memory_is_compared_after_the_start() -> None:
    """A daemon grows while it begins: the first quarter tells nothing of a leak."""
    held = memory(
        8, 1.0, [10_000_000, 20_000_000, 90_000_000, 90_000_000, 95_000_000, 80_000_000, 91_000_000, 93_000_000]
    )

    assert (held.early_mb, held.late_mb, held.peak_mb) == (90.0, 92.0, 95.0)
