"""How the commands rerun, cancel, hold and release do what they do: select, ask, act once, say what was changed."""

import getpass
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import typer
from sqlalchemy import Connection, Engine

from reconciler.cli.connecting import writing
from reconciler.cli.printing import print_json
from reconciler.cli.refusal import NOT_FOUND, WRONG_USE, refuse
from reconciler.cli.selection import Selection, parse_filter, parse_ids, select
from reconciler.domain.filters import Filter
from reconciler.domain.states import JobStatus
from reconciler.store.operating import Deed, carry_out
from worker.contract import ErrorCode

REASON_CHARACTERS_MAX = 500
ACTOR_CHARACTERS_MAX = 200

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="ID...", help="UUIDs, or their first characters.", show_default=False)
]
Status = Annotated[
    str | None, typer.Option(help="Only jobs of this status.", autocompletion=lambda: [*map(str, JobStatus)])
]
Code = Annotated[
    str | None,
    typer.Option(
        "--error-code", help="Only jobs whose last error is this one.", autocompletion=lambda: [*map(str, ErrorCode)]
    ),
]
Since = Annotated[str | None, typer.Option(help="Only jobs that changed within this time, such as 30m, 2h or 7d.")]
User = Annotated[str | None, typer.Option(help="Only jobs of this person, a UUID.")]
Reason = Annotated[str, typer.Option(help="Why; it goes into the history.")]
Actor = Annotated[str | None, typer.Option(help="Who, for the history. Default: the user of the operating system.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done, to what, by whom."""

    verb: str
    on_jobs: Deed
    on_runs: Deed | None
    ids: Sequence[str]
    chosen: Filter
    reason: str
    actor: str | None
    dry_run: bool
    yes: bool
    json: bool


def ordering(verb: str, meaning: str, on_jobs: Deed, on_runs: Deed | None, why: str) -> Callable[..., None]:
    """Make the command that does this to what is named or fits the filter; `why` is the reason if none is given."""

    def command(
        ids: Ids = None,
        status: Status = None,
        error_code: Code = None,
        since: Since = None,
        user: User = None,
        reason: Reason = why,
        actor: Actor = None,
        dry_run: DryRun = False,
        yes: Yes = False,
        json: Json = False,
    ) -> None:
        execute(
            Order(
                verb=verb,
                on_jobs=on_jobs,
                on_runs=on_runs,
                ids=parse_ids(ids or []),
                chosen=parse_filter(status, error_code, since, user),
                reason=reason,
                actor=actor,
                dry_run=dry_run,
                yes=yes,
                json=json,
            )
        )

    command.__doc__ = meaning
    return command


def execute(order: Order) -> None:
    """Carry out the order in one transaction."""
    reason = order.reason.strip()
    if not 0 < len(reason) <= REASON_CHARACTERS_MAX:
        refuse(f"--reason must have 1 to {REASON_CHARACTERS_MAX} characters", WRONG_USE)
    actor_or_refuse(order.actor)
    with writing(order.verb) as engine:
        found, changed = _execute(engine, order, reason)
    _tell(order, found, changed)


def _execute(engine: Engine, order: Order, reason: str) -> tuple[Selection, list[UUID]]:
    """What was found, and which of it was changed. Nobody waits for an answer within a transaction."""
    with engine.begin() as connection:
        found = select(connection, order.ids, order.chosen, runs_too=order.on_runs is not None)
    if not (found.jobs or found.runs):
        refuse("No job fits the filter.", NOT_FOUND)
    if order.dry_run:
        return found, []
    _ask(order, found)
    with engine.begin() as connection:
        return found, _act(connection, order, found, reason)


def _ask(order: Order, found: Selection) -> None:
    """One thing that was named is not asked about."""
    if order.yes or len(found.jobs) + len(found.runs) == 1:
        return
    if not sys.stdin.isatty():
        refuse(f"This would {order.verb} {found}: say --yes to do it, or --dry-run to look.", WRONG_USE)
    if not typer.confirm(f"{order.verb.capitalize()} {found}?", err=True):
        refuse("Nothing was done.", WRONG_USE)


def _act(connection: Connection, order: Order, found: Selection, reason: str) -> list[UUID]:
    actor = actor_or_refuse(order.actor)
    changed = carry_out(connection, order.on_jobs, found.jobs, actor, reason) if found.jobs else []
    if order.on_runs and found.runs:
        changed += carry_out(connection, order.on_runs, found.runs, actor, reason)
    return changed


def actor_or_refuse(given: str | None) -> str:
    """Who does it, for the history: who is named, or the user of the operating system."""
    actor = _acting_user() if given is None else given.strip()
    if not 0 < len(actor) <= ACTOR_CHARACTERS_MAX:
        refuse(f"--actor must have 1 to {ACTOR_CHARACTERS_MAX} characters", WRONG_USE)
    return actor


def _acting_user() -> str:
    """The user of the operating system; the number of one who has no name there, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _tell(order: Order, found: Selection, changed: Sequence[UUID]) -> None:
    named = [*found.jobs, *found.runs]
    if order.json:
        answer: dict[str, Any] = {"action": order.verb, "dry_run": order.dry_run, "jobs": found.jobs}
        print_json(answer | {"runs": found.runs, "changed": changed})
    elif order.dry_run:
        sys.stdout.write("".join(f"{one}\n" for one in named) + f"Would {order.verb} {found}.\n")
    else:
        left = len(named) - len(changed)
        same = f"; {left} stay as they are" if left else ""
        sys.stdout.write(f"{order.verb.capitalize()}: {len(changed)} of {found}{same}.\n")
