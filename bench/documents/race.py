"""All systems over all pictures, in one run, taking turns picture by picture: what else the machine does hits all."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

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
    systems: Sequence[System],
    specimens: Iterable[Specimen],
    kept: Path,
    tell: Callable[[Specimen], None],
    *,
    resume: bool = False,
) -> Raced:
    """Ask each system for each picture; who goes first moves on from picture to picture.

    Answers are kept in the folder as they come. To `resume` is not to ask again what was answered there before.
    """
    answers = kept / "answers.jsonl"
    known = _answers(answers) if resume and answers.exists() else {}
    with ExitStack() as stack:
        started = [stack.enter_context(running(system, kept)) for system in systems]
        declined = {reader.name: reader.declined for reader in started if reader.declined}
        readers = [reader for reader in started if not reader.declined]
        seen: dict[str, list[Seen]] = {reader.name: [] for reader in readers}
        log = stack.enter_context(answers.open("a" if resume else "w", encoding="utf-8"))
        for number, specimen in enumerate(specimens):
            for reader in _turn(readers, number):
                answer = known.get((specimen.path.stem, reader.name)) or _asked(reader, specimen, log)
                seen[reader.name].append(Seen(specimen=specimen, answer=answer))
            tell(specimen)
        return Raced(
            seen=seen,
            versions={reader.name: reader.version for reader in readers},
            peaks={reader.name: reader.close() for reader in readers},
            declined=declined,
        )


def _answers(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """What was answered before, by picture and system; half a line at the end is what a stop left."""
    whole = path.read_text("utf-8").rpartition("\n")[0].splitlines()
    answers = (json.loads(line) for line in whole)
    return {(one.pop("picture"), one.pop("system")): one for one in answers}


def _asked(reader: Reader, specimen: Specimen, log: IO[str]) -> dict[str, Any]:
    answer = reader.ask(specimen.path)
    log.write(json.dumps({"picture": specimen.path.stem, "system": reader.name} | answer) + "\n")
    log.flush()
    return answer


def _turn(readers: Sequence[Reader], number: int) -> Sequence[Reader]:
    first = number % len(readers)
    return [*readers[first:], *readers[:first]]
