"""reconciler watch: the screen of `status`, live."""

import time
from typing import Annotated, Any

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from reconciler.cli.connecting import engine_or_refuse
from reconciler.cli.refusal import NO_RIGHT, WRONG_USE, database_or_refuse, refuse
from reconciler.cli.status import screen_of
from reconciler.store.database import database_reason
from reconciler.store.reading import read_overview


def command(
    seconds: Annotated[float, typer.Option(help="Pause between looks.", min=0.5, max=3600)] = 2.0,
) -> None:
    """Ends with Ctrl-C. A database that goes away is waited for, and what was seen last stays on the screen."""
    screen = Console()
    if not screen.is_terminal:
        refuse("watch needs a terminal; `reconciler status --json` is for machines.", WRONG_USE)
    engine = engine_or_refuse("watch")
    try:
        with database_or_refuse():
            _watch(engine, screen, seconds)
    except KeyboardInterrupt:
        screen.print("[dim]stopped watching[/]")
    finally:
        engine.dispose()


def _watch(engine: Engine, screen: Console, seconds: float) -> None:
    """The first look refuses as any command does: a wrong URL or a missing right is not waited for."""
    seen = _look(engine)
    with Live(_shown(seen, screen, None), console=screen, screen=True, auto_refresh=False) as live:
        while True:
            live.refresh()
            time.sleep(seconds)
            trouble = None
            try:
                seen = _look(engine)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) == NO_RIGHT:
                    raise
                trouble = database_reason(error)
            live.update(_shown(seen, screen, trouble))


def _look(engine: Engine) -> dict[str, Any]:
    with engine.connect().execution_options(postgresql_readonly=True) as connection:
        return read_overview(connection)


def _shown(seen: dict[str, Any], screen: Console, trouble: str | None) -> RenderableType:
    now = time.strftime("%H:%M:%S")
    if trouble:
        head = Text(f"{now}  the database is away, this is old: {trouble}", style="bold red")
    else:
        head = Text(f"{now}  Ctrl-C ends", style="dim")
    return Group(head, Text(), screen_of(seen, screen))
