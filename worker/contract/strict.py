"""Read untrusted JSON strictly: every field is named, typed and bounded, and nothing unknown passes.

Standard library only.
"""

import re
from collections.abc import Mapping
from typing import NoReturn

from worker.contract.errors import ErrorCode

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""What neither UTF-8 nor Postgres can hold: NUL and lone surrogates."""
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class ContractError(ValueError):
    """Input that breaks the contract: one code, the field's path, and what was expected. Never quotes the value."""

    def __init__(self, code: ErrorCode, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.code = code
        self.field = field


class Reader:
    """One JSON object, read field by field; `done` refuses whatever was not asked for."""

    def __init__(self, value: object, path: str = "", code: ErrorCode = ErrorCode.PAYLOAD_INVALID) -> None:
        self.path = path
        self.code = code
        if not isinstance(value, Mapping):
            self.fail("", "must be a JSON object")
        self._value = value
        self._seen: set[str] = set()

    def fail(self, name: str, expected: str) -> NoReturn:
        """Refuse the field with one error that names it."""
        field = ".".join(part for part in (self.path, name) if part)
        raise ContractError(self.code, field or "payload", expected)

    def has(self, name: str) -> bool:
        """Whether the field is given and not null."""
        self._seen.add(name)
        return self._value.get(name) is not None

    def raw(self, name: str) -> object:
        """The field as it stands; an error where it is missing or null."""
        if not self.has(name):
            self.fail(name, "is missing")
        return self._value[name]

    def text(self, name: str, *, length_max: int = 2048) -> str:
        """A non-empty string without NUL."""
        value = self.raw(name)
        if not isinstance(value, str) or not 0 < len(value) <= length_max or UNSTORABLE.search(value):
            self.fail(name, f"must be a text of 1 to {length_max} characters")
        return value

    def uuid(self, name: str) -> str:
        """A UUID in its canonical lower-case form."""
        value = self.raw(name)
        if not isinstance(value, str) or not UUID.fullmatch(value):
            self.fail(name, "must be a UUID in lower case")
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        value = self.raw(name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fail(name, f"must be a whole number from {low} to {high}")
        return value

    def number(self, name: str, low: float, high: float) -> float:
        """A finite number from `low` to `high`."""
        value = self.raw(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.fail(name, f"must be a number from {low} to {high}")
        return float(value)

    def boolean(self, name: str) -> bool:
        """True or false."""
        value = self.raw(name)
        if not isinstance(value, bool):
            self.fail(name, "must be true or false")
        return value

    def choice(self, name: str, *allowed: str) -> str:
        """One of the allowed words."""
        value = self.raw(name)
        if value not in allowed:
            self.fail(name, f"must be one of {', '.join(allowed)}")
        return str(value)

    def items(self, name: str, *, count_max: int) -> list[object]:
        """A list of at most `count_max` values."""
        value = self.raw(name)
        if not isinstance(value, list) or len(value) > count_max:
            self.fail(name, f"must be a list of at most {count_max}")
        return value

    def inner(self, name: str, code: ErrorCode | None = None) -> "Reader":
        """The object that stands in the field."""
        path = ".".join(part for part in (self.path, name) if part)
        return Reader(self.raw(name), path, code or self.code)

    def keys(self) -> list[str]:
        """The names of all fields, marked as read."""
        self._seen.update(self._value)
        return [str(name) for name in self._value]

    def done(self) -> None:
        """Refuse the object if a field was given that nobody reads."""
        unknown = sorted(str(name)[:60] for name in set(self._value) - self._seen)
        if unknown:
            self.fail(unknown[0], "is not a known field")
