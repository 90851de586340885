"""All systems over all pictures, in one run, taking turns picture by picture: what else the machine does hits all."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.documents.corpus import Specimen
from bench.documents.systems import Reader, System, running


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one system said of one picture, as its reader answered."""

    specimen: Specimen
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raced:
    """Answers by system, their versions and peaks of memory in bytes, and why a system was not measured."""

    seen: Mapping[str, Sequence[Seen]]
    versions: Mapping[str, str]
    peaks: Mapping[str, int]
    declined: Mapping[str, str]


def race(
    systems: Sequence[System], specimens: Iterable[Specimen], logs: Path, tell: Callable[[Specimen], None]
) -> Raced:
    """Ask each system for each picture; who goes first moves on from picture to picture."""
    with ExitStack() as stack:
        started = [stack.enter_context(running(system, logs)) for system in systems]
        declined = {reader.name: reader.declined for reader in started if reader.declined}
        readers = [reader for reader in started if not reader.declined]
        seen: dict[str, list[Seen]] = {reader.name: [] for reader in readers}
        # Kept as they come: a long run that is stopped still tells what it saw.
        kept = stack.enter_context((logs / "answers.jsonl").open("w", encoding="utf-8"))
        for number, specimen in enumerate(specimens):
            for reader in _turn(readers, number):
                answer = reader.ask(specimen.path)
                seen[reader.name].append(Seen(specimen=specimen, answer=answer))
                kept.write(json.dumps({"picture": specimen.path.stem, "system": reader.name} | answer) + "\n")
                kept.flush()
            tell(specimen)
        return Raced(
            seen=seen,
            versions={reader.name: reader.version for reader in readers},
            peaks={reader.name: reader.close() for reader in readers},
            declined=declined,
        )


def _turn(readers: Sequence[Reader], number: int) -> Sequence[Reader]:
    first = number % len(readers)
    return [*readers[first:], *readers[:first]]
