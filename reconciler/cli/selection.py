"""Which jobs and runs a command is about: by id, or by filter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from reconciler.cli.ids import SHOWN_MAX, listed, prefix_or_refuse
from reconciler.cli.refusal import NOT_FOUND, WRONG_USE, refuse
from reconciler.domain.states import JobStatus
from reconciler.store import operating, reading
from reconciler.store.operating import Filter
from worker.contract import ErrorCode

_AGE = re.compile(r"(?P<number>[0-9]{1,6})(?P<unit>[smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was named, as found in the database."""

    jobs: list[UUID]
    runs: list[UUID]

    def __str__(self) -> str:
        words = [(len(self.jobs), "job"), (len(self.runs), "run")]
        return " and ".join(f"{count} {word}{'s' * (count != 1)}" for count, word in words if count) or "nothing"


def parse_filter(
    status: str | None, error_code: str | None, since: str | None, user: str | None, *, held: bool = False
) -> Filter:
    """The filter that the options mean; refuses what means nothing."""
    if status is not None and status not in set(JobStatus):
        refuse(f"--status must be one of {', '.join(JobStatus)}", WRONG_USE)
    if error_code is not None and error_code not in set(ErrorCode):
        refuse(f"--error-code: there is no error {error_code!r}; see docs/reference/errors.md", WRONG_USE)
    return Filter(
        status=status,
        error_code=error_code,
        user_id=None if user is None else _uuid(user, "--user"),
        since_seconds=None if since is None else _seconds(since),
        held=held,
    )


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
    return str(UUID(prefix)) if len(prefix) == reading.UUID_HEX_CHARACTERS else prefix


def _uuid(text: str, what: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        refuse(f"{what} must be a UUID, not {text!r}", WRONG_USE)


def _seconds(text: str) -> float:
    match = _AGE.fullmatch(text)
    if match is None:
        refuse("--since must be a number and s, m, h or d, such as 2h", WRONG_USE)
    return int(match["number"]) * _SECONDS[match["unit"]]
