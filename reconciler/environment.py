"""Variables as they are given: those of the environment over those of .env, some in files of their own.

NAME_FILE names a file that holds the value of NAME: so containers and service managers hand over secrets.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from dotenv import dotenv_values

VALUE_BYTES_MAX = 64 * 1024
"""What a file with one value may hold: one that holds more is some other file."""


def merged(environment: Mapping[str, str] | None = None, dotenv: Path | None = None) -> dict[str, str]:
    """The given environment, or this process's, over the file .env."""
    file = dotenv_values(dotenv or Path(".env"))
    outer = os.environ if environment is None else environment
    return {name: value for name, value in file.items() if value is not None} | dict(outer)


def open_files(given: Mapping[str, str], names: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The variables with the values that stand in files, and what is wrong, by name and without any value."""
    opened, problems = dict(given), []
    for name in names:
        path = given.get(f"{name}_FILE", "").strip()
        if path and given.get(name, "").strip():
            problems.append(f"  {name}: is set, and {name}_FILE too: only one of them can count")
        elif path:
            try:
                opened[name] = _content(Path(path))
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                problems.append(f"  {name}_FILE: {path}: {reason}")
    return opened, sorted(problems)


def _content(file: Path) -> str:
    """The file's one value, without the newline that editors leave behind it."""
    with file.open("rb") as stream:
        data = stream.read(VALUE_BYTES_MAX + 1)
    if len(data) > VALUE_BYTES_MAX:
        raise ValueError(f"has more than {VALUE_BYTES_MAX:,} bytes")
    try:
        text = data.decode("utf-8").strip()
    except UnicodeDecodeError:
        # Its own words would show the bytes.
        raise ValueError("is no text") from None
    if not text:
        raise ValueError("is empty")
    return text
