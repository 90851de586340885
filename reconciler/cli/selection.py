"""Which jobs and runs a command is about: by id, or by filter."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from reconciler.cli.ids import SHOWN_MAX, listed, prefix_or_refuse
from reconciler.cli.refusal import NOT_FOUND, WRONG_USE, refuse
from reconciler.domain import filters
from reconciler.domain.counting import counted
from reconciler.domain.filters import BadFilter, Filter
from reconciler.domain.prefixes import UUID_HEX_CHARACTERS
from reconciler.store import operating, reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was named, as found in the database."""

    jobs: list[UUID]
    runs: list[UUID]

    def __str__(self) -> str:
        words = [(len(self.jobs), "job"), (len(self.runs), "run")]
        return " and ".join(counted(count, word) for count, word in words if count) or "nothing"


def parse_filter(
    status: str | None, error_code: str | None, since: str | None, user: str | None, *, held: bool = False
) -> Filter:
    """The filter that the options mean; refuses what means nothing."""
    try:
        return filters.parse_filter(status, error_code, since, user, held=held)
    except BadFilter as error:
        colon = ":" if error.part == "error_code" else ""
        refuse(f"--{error.part.replace('_', '-')}{colon} {error}", WRONG_USE)


def parse_ids(texts: Sequence[str]) -> list[str]:
    """The first digits of the ids, or all of them, each once."""
    return list(dict.fromkeys(map(prefix_or_refuse, texts)))


def select(connection: Connection, ids: Sequence[str], chosen: Filter, *, runs_too: bool) -> Selection:
    """What is meant. An id that is nothing, or not what the command is for, is refused before anything is done."""
    if bool(ids) == (not chosen.empty):
        refuse("Name either ids or a filter.", WRONG_USE)
    if not ids:
        return Selection(jobs=operating.select_jobs(connection, chosen), runs=[])
    found = {one: _find(connection, one, runs_too=runs_too) for one in ids}
    what = "job or run" if runs_too else "job"
    unknown = [_shown(one) for one, those in found.items() if not those]
    if unknown:
        refuse(f"There is no {what} {', '.join(unknown)}. Nothing was done.", NOT_FOUND)
    for one, those in found.items():
        if len(those) > 1:
            refuse(
                f"{one} is not one {what}: {listed([found_id for _, found_id in those])}. Nothing was done.", WRONG_USE
            )
    jobs, runs = (
        list(dict.fromkeys(found_id for those in found.values() for is_a, found_id in those if is_a == kind))
        for kind in ("job", "run")
    )
    return Selection(jobs=jobs, runs=runs)


def _find(connection: Connection, prefix: str, *, runs_too: bool) -> list[tuple[str, UUID]]:
    """What the first digits of an id fit, as far as it has to be told."""
    found = [("job", one) for one in reading.find_job_ids(connection, prefix, SHOWN_MAX + 1)]
    if runs_too:
        found += [("run", one) for one in reading.find_run_ids(connection, prefix, prefix, SHOWN_MAX + 1)]
    return found


def _shown(prefix: str) -> str:
    return str(UUID(prefix)) if len(prefix) == UUID_HEX_CHARACTERS else prefix
