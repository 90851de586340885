"""How commands print: tables for people, JSON for machines, no colour and no cut words where nobody looks."""

import json
import os
import sys
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.table import Table

STATUS_COLOURS = {
    "pending": "yellow",
    "processing": "cyan",
    "completed": "green",
    "failed": "red",
    "cancelled": "magenta",
}
PIPED_COLUMNS = 240
"""So wide is what goes into a file or a pipe, where COLUMNS does not say it: nothing is cut for want of a screen."""
WIDE_COLUMNS = 120
"""From here on ids are shown whole."""
SHORT_ID_CHARACTERS = 8


def print_json(value: Any) -> None:
    """For machines: ids and times as text."""
    sys.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")


def console() -> Console:
    """The screen; a pipe is a wide one without colours."""
    made = Console()
    return made if made.is_terminal or os.environ.get("COLUMNS") else Console(width=PIPED_COLUMNS)


def shown_id(screen: Console, one: UUID) -> str:
    """The id, or as much of it as names it on a narrow screen."""
    return str(one) if screen.width >= WIDE_COLUMNS else str(one)[:SHORT_ID_CHARACTERS]


def coloured(status: str) -> str:
    """A job's status in its colour, as markup."""
    return f"[{STATUS_COLOURS[status]}]{status}[/]"


def add_row(table: Table, *cells: object) -> None:
    """Add a row as it is: a name with brackets in it is no markup."""
    table.add_row(*(escape(str(cell)) for cell in cells))


def plain_table(*columns: str, title: str | None = None) -> Table:
    """A table without lines, which narrow screens have no room for."""
    return Table(*columns, title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
