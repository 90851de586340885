"""Nodes of several sizes, played by this machine: so many of its cores, one process for each, a whole batch."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from bench.worker.children import Shift, work
from bench.worker.documents import Paper, pile
from bench.worker.place import Place
from reconciler.settings import PRICES

BATCH = 25
SMALLEST, CORES_OF_SMALLEST = "xxsmall", 4
CREDITS_A_CORE_HOUR = PRICES[SMALLEST] / CORES_OF_SMALLEST
"""Each size of Camber's has twice the cores of the one below it, for twice the price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A batch on so many cores: seconds from its start to its last document, and what a document costs by that.

    The environment's making is left out: it takes as long on every node.
    """

    cores: int
    processes: int
    startup_seconds: float
    seconds: float
    seconds_each: float
    credits_each: float


def compare(place: Place, papers: Sequence[Paper]) -> list[Node]:
    """All counts of cores that this machine has, doubling: as Camber's sizes do."""
    usable = sorted(os.sched_getaffinity(0))
    counts = [count for count in (1, 2, 4, 8, 16, 32) if count <= len(usable)]
    nodes = []
    for count in counts:
        with _only(usable[:count]):
            shift = work(place.child(), list(pile(papers, BATCH)), count)
        nodes.append(node_of(shift, count))
    return nodes


def node_of(shift: Shift, cores: int) -> Node:
    """The figures of one batch on a node of so many cores."""
    seconds = shift.startup_seconds + shift.seconds
    each = seconds / len(shift.worked)
    cost = float(CREDITS_A_CORE_HOUR * cores * Decimal(each) / 3600)
    return Node(
        cores=cores,
        processes=cores,
        startup_seconds=shift.startup_seconds,
        seconds=seconds,
        seconds_each=each,
        credits_each=cost,
    )


@contextmanager
def _only(cores: Sequence[int]) -> Iterator[None]:
    """Bind this process, and with it all that it starts, to these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
