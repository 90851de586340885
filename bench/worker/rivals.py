"""Others on the same pictures: each in an environment of its own, one picture at a time, one thread."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from time import perf_counter

from bench.documents.systems import OURS, RAPIDOCR, TESSERACT, System, running, systems
from bench.worker.documents import Paper
from bench.worker.place import STATE

PREDECESSOR = "the predecessor's settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Means of a picture: from asking to the answer, what of it was reading, and the processor time of reading.

    Our worker makes the portal's file and the preview too; the others only read.
    """

    seconds: float
    reading_seconds: float
    reading_cpu_seconds: float
    peak_mb: float
    declined: str | None = None


def beside(papers: Sequence[Paper], folder: Path) -> dict[str, Beside]:
    """All of them, one after the other."""
    known = {one.name: one for one in systems(STATE, 1, print, None)}
    ours = known[OURS]
    own = (*ours.command[:2], "bench.worker.predecessor_reader")
    asked = [ours, known[RAPIDOCR], known[TESSERACT], replace(ours, name=PREDECESSOR, command=own)]
    return {one.name: _asked(one, papers, folder) for one in asked}


def _asked(system: System, papers: Sequence[Paper], folder: Path) -> Beside:
    with running(system, folder) as reader:
        if reader.declined:
            return Beside(seconds=0, reading_seconds=0, reading_cpu_seconds=0, peak_mb=0, declined=reader.declined)
        # The first picture pays for what a library puts off.
        reader.ask(papers[0].path.resolve())
        whole, answers = [], []
        for paper in papers:
            began = perf_counter()
            answers.append(reader.ask(paper.path.resolve()))
            whole.append(perf_counter() - began)
        return Beside(
            seconds=mean(whole),
            reading_seconds=mean(one["seconds"] for one in answers),
            reading_cpu_seconds=mean(one["cpu_seconds"] for one in answers),
            peak_mb=reader.close() / 1e6,
        )
