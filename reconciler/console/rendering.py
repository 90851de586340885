"""Templates, and how times, sizes and durations are told."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reconciler.console.desk import ROOT
from reconciler.console.discretion import discreet, masked
from reconciler.domain.counting import counted
from reconciler.domain.times import ago, at, lingering

STATIC = Path(str(files("reconciler.console").joinpath("static")))
SHORT_ID_CHARACTERS = 8
HASH_CHARACTERS = 12
TONES = {
    "pending": "open",
    "processing": "busy",
    "completed": "good",
    "failed": "bad",
    "cancelled": "mute",
    "held": "warn",
    "planned": "open",
    "launching": "open",
    "submitted": "open",
    "queued": "open",
    "running": "busy",
    "collecting": "busy",
    "finished": "good",
    "unknown": "warn",
    "abandoned": "mute",
    "assigned": "busy",
    "succeeded": "good",
    "superseded": "mute",
}
"""The colour of a state, by its meaning; the word always stands beside it."""


def render(name: str, **values: Any) -> str:
    """The page of that template. Everything is escaped, and what is not given is a fault."""
    return _environment().get_template(f"{name}.html").render(**values)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("reconciler.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"root": ROOT, "asset": _asset, "tones": TONES}
    filters: Mapping[str, Callable[..., Any]] = {
        "ago": _ago,
        "lingering": lingering,
        "at": at,
        "clock": _clock,
        "iso": _iso,
        "size": size,
        "number": _number,
        "counted": counted,
        "credits": _credits,
        "percent": _percent,
        "discreet": lambda text: discreet(str(text)),
        "masked": masked,
        "short": lambda one: str(one)[:SHORT_ID_CHARACTERS],
        "hash": lambda text: str(text)[:HASH_CHARACTERS],
        "arguments": lambda argv: discreet(" ".join(map(str, argv))),
        "plain": _plain,
        "commands": _commands,
        "tone": lambda state: TONES.get(str(state), "open"),
    }
    made.filters |= filters
    return made


@cache
def _asset(name: str) -> str:
    """The address of a file of ours, another one for each content."""
    return f"{ROOT}/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"


def size(count: float | None) -> str:
    """Bytes in words."""
    if count is None:
        return "not known"
    if count < 1024:
        return f"{count:.0f} B"
    kilobytes = count / 1024
    return f"{kilobytes:.0f} KB" if kilobytes < 1024 else f"{kilobytes / 1024:.1f} MB"


def _ago(seconds: Decimal | float | None) -> str:
    return ago(None if seconds is None else float(seconds))


def _clock(moment: datetime | str | None) -> str:
    """The time of day, UTC, of a moment or of its ISO text."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return f"{moment:%H:%M:%S}" if moment else ""


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,}"


def _credits(value: Decimal | None) -> str:
    return "not known yet" if value is None else f"{value:.4f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"


def _commands(text: str) -> Markup:
    """A sentence of ours with its commands as code."""
    parts = enumerate(text.split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in parts)


def _plain(value: Any) -> str:
    """A value of a field, whatever was read: a list as lines."""
    if isinstance(value, list):
        return "\n".join(", ".join(map(str, one.values())) if isinstance(one, dict) else str(one) for one in value)
    return str(value)
