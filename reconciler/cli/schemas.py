"""reconciler schemas: what portals accept, as versions that are never changed."""

import json as json_text
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from sqlalchemy import Connection

from reconciler.cli.connecting import reading, writing
from reconciler.cli.operating import Json
from reconciler.cli.printing import console, plain_table, print_json
from reconciler.cli.refusal import DENIED, NOT_FOUND, WRONG_USE, refuse
from reconciler.portals import PortalSchema, parse_portal, shipped_portals
from reconciler.store import schemas
from reconciler.store.schemas import VersionTaken
from worker.contract import ContractError

FILE_BYTES_MAX = 64 * 1024
"""A portal's file has about one kilobyte."""
SUFFIXES = (".toml", ".json")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The schema's name.")]
Version = Annotated[
    int | None, typer.Argument(metavar="[VERSION]", help="Which version. Default: the newest.", min=1, max=1_000_000)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Added:
    """What became of one file."""

    name: str
    version: int
    added: bool
    active: bool


def show_all(json: Json = False) -> None:
    """List every version, with where its figures come from; new jobs use the active one."""
    with reading("schemas") as connection:
        rows = schemas.list_all(connection)
    if json:
        print_json(rows)
        return
    table = plain_table("schema", "version", "active", "pixels", "format", "KB", "source")
    for row in rows:
        wanted = row["definition"]
        pixels = f"{wanted.get('target_width')}x{wanted.get('target_height')}"
        known = " ".join(filter(None, (str(row["source_date"] or ""), row["source"])))
        cells = (pixels, str(wanted.get("output_format")), f"{wanted.get('min_kb', 0)}-{wanted.get('max_kb')}")
        active = "[green]active[/]" if row["active"] else ""
        table.add_row(escape(row["name"]), str(row["version"]), active, *map(escape, (*cells, known)))
    table.caption = None if rows else "No schema is there: `reconciler schemas add --shipped --activate`."
    console().print(table)


def show(name: Name, version: Version = None, json: Json = False) -> None:
    """Show one version whole: its definition, its source, whether it is active."""
    with reading("schemas") as connection:
        row = _wanted(connection, name, version)
    if json:
        print_json(row)
        return
    screen = console()
    active = "active" if row["active"] else "not active"
    screen.print(f"[bold]{escape(row['name'])}[/] v{row['version']}, {active}")
    screen.print(escape(f"source: {row['source'] or 'not given'}, {row['source_date'] or 'no date'}"))
    screen.print(escape(json_text.dumps(row["definition"], indent=2, ensure_ascii=False)), soft_wrap=True)


def add(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Portals' files, TOML or JSON.")] = None,
    shipped: Annotated[bool, typer.Option("--shipped", help="The portals that come with this program.")] = False,
    activate: Annotated[bool, typer.Option("--activate", help="Let new jobs use these versions at once.")] = False,
    json: Json = False,
) -> None:
    """Add versions, all or none; what is there with the same figures stays. Needs the tables' owner."""
    if bool(files) == shipped:
        refuse("Name either files or --shipped.", WRONG_USE)
    portals = shipped_portals() if shipped else _read(files or [])
    with writing("schemas add") as engine:
        try:
            with engine.begin() as connection:
                done = [_add(connection, portal, activate=activate) for portal in portals]
        except VersionTaken as error:
            refuse(f"{str(error).capitalize()}. Nothing was added.", DENIED)
    if json:
        print_json([{"name": one.name, "version": one.version, "added": one.added} for one in done])
        return
    for one in done:
        said = "added" if one.added else "was there already"
        console().print(f"{escape(one.name)} v{one.version} {said}{', active' if one.active else ''}", soft_wrap=True)


def activate(name: Name, version: Version = None, json: Json = False) -> None:
    """Let new jobs of the name use a version; jobs that are there keep theirs. Needs the tables' owner."""
    with writing("schemas activate") as engine, engine.begin() as connection:
        row = _wanted(connection, name, version)
        schemas.switch(connection, row["name"], row["version"])
    if json:
        print_json({"name": row["name"], "version": row["version"], "changed": not row["active"]})
    else:
        was = "was active already" if row["active"] else "is active"
        console().print(f"{escape(row['name'])} v{row['version']} {was}", soft_wrap=True)


COMMANDS: dict[str, Callable[..., None]] = {"list": show_all, "show": show, "add": add, "activate": activate}


def _wanted(connection: Connection, name: str, version: int | None) -> dict[str, Any]:
    rows = schemas.list_all(connection, name)
    if not rows:
        refuse(f"There is no portal schema named {name!r}.", NOT_FOUND)
    fitting = [row for row in rows if version in (None, row["version"])]
    if not fitting:
        refuse(f"{name} has no version {version}; it has {', '.join(str(row['version']) for row in rows)}.", NOT_FOUND)
    return fitting[0]


def _add(connection: Connection, portal: PortalSchema, *, activate: bool) -> _Added:
    known = portal.source_date
    added = schemas.add(connection, portal.name, portal.version, portal.definition, portal.source, known)
    if activate:
        schemas.switch(connection, portal.name, portal.version)
    return _Added(name=portal.name, version=portal.version, added=added, active=activate)


def _read(files: Sequence[Path]) -> list[PortalSchema]:
    """Every file, strictly; all that is wrong is told together."""
    portals, problems = [], []
    for file in files:
        try:
            portals.append(parse_portal(_text(file), file.name))
        except (OSError, UnicodeDecodeError, ContractError, ValueError) as error:
            problems.append(_problem(file, error))
    problems += _twice(portals)
    if problems:
        refuse("\n".join([*problems, "Nothing was added."]), WRONG_USE)
    return portals


def _text(file: Path) -> str:
    if file.suffix not in SUFFIXES:
        raise ValueError("must end in .toml or .json")
    if file.stat().st_size > FILE_BYTES_MAX:
        raise ValueError(f"has more than {FILE_BYTES_MAX:,} bytes")
    return file.read_text("utf-8")


def _problem(file: Path, error: Exception) -> str:
    match error:
        case OSError():
            return f"{file}: {error.strerror}"
        case UnicodeDecodeError():
            return f"{file}: is not UTF-8"
        case _:
            return f"{file}: {error}"


def _twice(portals: Sequence[PortalSchema]) -> Iterator[str]:
    seen = set()
    for portal in portals:
        if (portal.name, portal.version) in seen:
            yield f"{portal.name}: version {portal.version} is named twice"
        seen.add((portal.name, portal.version))
