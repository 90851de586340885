"""Read a portal's file strictly."""

import json
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from worker.contract import ContractError, ErrorCode, Reader, Schema, parse_schema

_FORMATS = ("jpeg", "png", "pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalSchema:
    """A portal's demands, and where they are known from.

    `definition` is what a payload carries and `schema` the same, read; `accepts` are all formats that the portal takes,
    of which the definition names one; `portal_url` is the portal's own site, None where the portal is none in
    particular; `source_date` is the day on which the figures were taken from the source.
    """

    name: str
    version: int
    title: str
    definition: Mapping[str, object]
    schema: Schema
    accepts: tuple[str, ...]
    source: str
    source_date: date
    portal_url: str | None
    note: str


@cache
def shipped_portals() -> tuple[PortalSchema, ...]:
    """All portals that ship, by name; raises ContractError naming the file and the field that is wrong."""
    found = sorted(entry.name for entry in files("reconciler.portals").iterdir() if entry.name.endswith(".toml"))
    portals = tuple(parse_portal(files("reconciler.portals").joinpath(name).read_text("utf-8"), name) for name in found)
    for name, portal in zip(found, portals, strict=True):
        if name != f"{portal.name}.toml":
            raise ContractError(ErrorCode.SCHEMA_INVALID, f"{name}.name", "must be the file's name")
    return portals


def parse_portal(text: str, path: str) -> PortalSchema:
    """Read one portal's file, TOML or, where the path ends in .json, JSON with the date as text.

    Raises ContractError(SCHEMA_INVALID) naming the first wrong field.
    """
    read = Reader(_json(text, path) if path.endswith(".json") else _toml(text, path), path, ErrorCode.SCHEMA_INVALID)
    source, definition = read.inner("source"), read.inner("definition")
    fields = {name: definition.raw(name) for name in definition.keys()}  # noqa: SIM118 - a Reader's method, no mapping's
    portal = PortalSchema(
        name=read.text("name", length_max=100),
        version=read.integer("version", 1, 1_000_000),
        title=read.text("title", length_max=200),
        definition=fields,
        schema=parse_schema(fields, f"{path}.definition"),
        accepts=tuple(map(str, read.items("accepts", count_max=len(_FORMATS)))),
        source=source.text("title", length_max=200),
        source_date=_day(source),
        portal_url=_url(source) if source.has("portal_url") else None,
        note=source.text("note", length_max=1000),
    )
    if unknown := set(portal.accepts) - set(_FORMATS):
        read.fail("accepts", f"names {len(unknown)} formats that nobody writes")
    if portal.schema.output_format not in portal.accepts:
        read.fail("accepts", "must hold the definition's output_format")
    read.done()
    source.done()
    return portal


def _toml(text: str, path: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(ErrorCode.SCHEMA_INVALID, path, "must be TOML") from error


def _json(text: str, path: str) -> object:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ContractError(ErrorCode.SCHEMA_INVALID, path, "must be JSON") from error
    source = value.get("source") if isinstance(value, dict) else None
    if isinstance(source, dict) and isinstance(source.get("date"), str):
        # What is no date stays a text, and is named as every wrong field is.
        with suppress(ValueError):
            source["date"] = date.fromisoformat(source["date"])
    return value


def _day(read: Reader) -> date:
    value = read.raw("date")
    # A time of day is a date too, to Python.
    if type(value) is not date:
        read.fail("date", "must be a date, as 2026-11-22")
    return value


def _url(read: Reader) -> str:
    url = read.text("portal_url", length_max=500)
    if not url.startswith("https://"):
        read.fail("portal_url", "must begin with https://")
    return url
