"""reconciler status: one screen of how things stand."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.text import Text

from reconciler.cli.connecting import reading
from reconciler.cli.operating import Json
from reconciler.cli.printing import console, plain_table, print_json, shown_id
from reconciler.domain.counting import counted
from reconciler.domain.times import ago
from reconciler.store.reading import read_overview

Overview = Mapping[str, Any]
SILENT_SECONDS_MAX = 300
"""As the views count: a daemon without a sign for so long is gone."""
_COLOURS = {"held": "red", "unknown": "red", "abandoned": "magenta"}


def command(json: Json = False) -> None:
    """Queue, runs, breakers, daemons, today's cost, and what has been open for longest with the reason."""
    with reading("status") as connection:
        overview = read_overview(connection)
    if json:
        print_json(overview)
    else:
        screen = console()
        screen.print(screen_of(overview, screen))


def screen_of(overview: Overview, screen: Console) -> RenderableType:
    """The whole screen; it needs 80 columns."""
    return Group(*_lines(overview), Text(), _oldest(overview, screen))


def _lines(overview: Overview) -> Iterator[RenderableType]:
    health = overview["health"]
    yield _line("jobs", _states(overview, "job") or "none open")
    done = f"{health['completed_last_hour']} completed, {health['failed_last_hour']} failed"
    asked = f"; {health['requests']} requests to carry out" if health["requests"] else ""
    yield _line("last hour", done + asked)
    waiting = f"; {health['runs_lingering']} of them linger" if health["runs_lingering"] else ""
    yield _line("runs", (_states(overview, "run") or "none") + waiting)
    yield _line("daemons", _daemons(overview))
    yield _line("breakers", _breakers(overview))
    yield _line("cost today", _cost(overview["cost_today"]))


def _line(name: str, value: str) -> RenderableType:
    table = plain_table()
    table.show_header = False
    table.add_column(width=11, style="bold")
    table.add_column()
    table.add_row(name, value)
    return table


def _states(overview: Overview, subject: str) -> str:
    rows = [row for row in overview["open"] if row["subject"] == subject]
    shown = ((_COLOURS.get(row["state"], "default"), row) for row in rows)
    return ", ".join(
        f"[{colour}]{row['total']} {row['state']}[/] (oldest {ago(row['oldest_seconds'])})" for colour, row in shown
    )


def _daemons(overview: Overview) -> str:
    rows = overview["daemons"]
    if not any(row["silent_seconds"] < SILENT_SECONDS_MAX for row in rows):
        last = f"; the last sign of one came {ago(rows[0]['silent_seconds'])} ago" if rows else ""
        return f"[red]none alive[/]{last}"
    return ", ".join(_daemon(row) for row in rows)


def _daemon(row: Mapping[str, Any]) -> str:
    name = escape(f"{row['host']}:{row['pid']} v{row['version']}")
    sign = f"seen {ago(row['silent_seconds'])} ago"
    return f"{name} {sign}" if row["silent_seconds"] < SILENT_SECONDS_MAX else f"[red]{name} {sign}[/]"


def _breakers(overview: Overview) -> str:
    if not overview["breakers"]:
        return "all closed"
    return ", ".join(
        f"[red]{escape(row['dependency'])} {row['state']}[/] for {ago(row['open_seconds'])}:"
        f" {escape(row['reason'] or 'no reason given')}"
        for row in overview["breakers"]
    )


def _cost(cost: Mapping[str, Any] | None) -> str:
    if cost is None:
        return "no run planned today (UTC)"
    carried = f"{counted(cost['documents'], 'document')}, {counted(cost['runs'], 'run')}"
    known = f"{cost['total_credits']:.4f} credits, {carried}"
    return known + (f"; {cost['runs_without_cost']} not known yet" if cost["runs_without_cost"] else "")


def _oldest(overview: Overview, screen: Console) -> RenderableType:
    if not overview["oldest"]:
        return Text("Nothing waits.")
    table = plain_table("open longest", "age", "why")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for row in overview["oldest"]:
        table.add_row(shown_id(screen, row["job_id"]), ago(row["age_seconds"]), escape(row["reason"]))
    return table
