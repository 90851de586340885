"""reconciler replay: read what the CLI said with today's parsers."""

import re
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.engine import RowMapping

from reconciler.camber.redaction import quote
from reconciler.camber.replay import KeptCall, NotReplayable, Replayed, replay
from reconciler.cli.connecting import reading
from reconciler.cli.printing import print_json
from reconciler.cli.refusal import ENDED_BADLY, NOT_FOUND, WRONG_USE, refuse
from reconciler.store.evidence import list_calls

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def command(
    since: Annotated[str, typer.Option(help="How far back: 90s, 30m, 2h, 7d.")] = "2h",
    call: Annotated[str | None, typer.Option(help="One call only, by its id.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(help="At most so many calls.", min=1, max=100_000)] = 1000,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Exit code 1 if anything would be read differently now."""
    seconds, call_id = _seconds(since), _uuid(call)
    with reading("replay") as connection:
        rows = list_calls(connection, seconds, limit, call_id)
    if call_id and not rows:
        refuse(f"There is no kept call {call_id}.", NOT_FOUND)
    again = [(row, replay(_kept(row))) for row in rows]
    if json:
        print_json([_record(row, result) for row, result in again])
    else:
        _print(again, whole=call_id is not None)
    if any(isinstance(result, Replayed) and result.changed for _, result in again):
        raise typer.Exit(ENDED_BADLY)


def _seconds(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if not match:
        refuse("--since must be a number with s, m, h or d behind it, as in 2h", WRONG_USE)
    return int(match[1]) * UNITS[match[2]]


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        refuse("--call must be a UUID", WRONG_USE)


def _kept(row: RowMapping) -> KeptCall:
    return KeptCall(
        kind=row["kind"],
        argv=row["argv"],
        exit_code=row["exit_code"],
        outcome=row["outcome"],
        cut=row["cut"],
        stdout=row["stdout"],
        stderr=row["stderr"],
    )


def _record(row: RowMapping, result: Replayed | NotReplayable) -> dict[str, Any]:
    told = {name: row[name] for name in ("id", "at", "run_id", "kind", "cli_version", "outcome")}
    match result:
        case Replayed(outcome, read, changed):
            return told | {"replayable": True, "now": outcome, "changed": changed, "read": quote(repr(read), 2000)}
        case NotReplayable(reason):
            return told | {"replayable": False, "reason": reason}


def _print(again: Sequence[tuple[RowMapping, Replayed | NotReplayable]], *, whole: bool) -> None:
    changed = [pair for pair in again if isinstance(pair[1], Replayed) and pair[1].changed]
    unknown = [pair for pair in again if isinstance(pair[1], NotReplayable)]
    table = Table("at", "call", "command", "read then", "read now")
    for row, result in again if whole else changed:
        now = result.outcome if isinstance(result, Replayed) else f"not replayable: {result.reason}"
        cells = (f"{row['at']:%Y-%m-%d %H:%M:%S}", str(row["id"]), row["kind"], row["outcome"], now)
        table.add_row(*map(escape, cells))
    console = Console()
    if table.row_count:
        console.print(table)
    same = len(again) - len(changed) - len(unknown)
    reasons = sorted({result.reason for _, result in unknown if isinstance(result, NotReplayable)})
    console.print(f"{len(again)} calls: {same} read as before, {len(changed)} change, {len(unknown)} not replayable")
    for reason in reasons:
        count = sum(result == NotReplayable(reason) for _, result in unknown)
        console.print(f"  {count} not replayable: {reason}", soft_wrap=True)
