"""Flags as pflag reads them: long and short, joined and apart, mixed with the arguments."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from reconciler.local.camber.errors import CommandError

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


class Kind(StrEnum):
    """The types of value, by the names that the help shows."""

    STRING = "string"
    STRING_ARRAY = "stringArray"
    INT = "int"
    INT32 = "int32"
    BOOL = "bool"


class Flag(NamedTuple):
    """One flag of a command."""

    name: str
    kind: Kind
    usage: str
    shorthand: str = ""
    default: str = ""

    @property
    def shown(self) -> str:
        """The name as it stands in an error."""
        return f"-{self.shorthand}, --{self.name}" if self.shorthand else f"--{self.name}"


class Given(NamedTuple):
    """What was given on a command line, read against the flags it may hold."""

    flags: tuple[Flag, ...]
    values: dict[str, list[str]]
    arguments: list[str]

    def has(self, name: str) -> bool:
        """Whether the flag stood on the command line."""
        return name in self.values

    def text(self, name: str) -> str:
        """The value of a flag: the last one given, else its default."""
        return self.values[name][-1] if name in self.values else self._flag(name).default

    def texts(self, name: str) -> list[str]:
        """Every value given to a repeatable flag."""
        return self.values.get(name, [])

    def number(self, name: str) -> int:
        """The value of a numeric flag."""
        return int(self.text(name))

    def is_true(self, name: str) -> bool:
        """The value of a boolean flag."""
        return self.text(name) in _TRUE

    def _flag(self, name: str) -> Flag:
        return next(flag for flag in self.flags if flag.name == name)


def read(flags: Iterable[Flag], arguments: Sequence[str]) -> Given:
    """Read a command line; raises the error that pflag would give."""
    given = Given(tuple(flags), {}, [])
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            given.arguments.extend(rest)
            break
        if word.startswith("--"):
            _read_long(given, word, rest)
        elif word.startswith("-") and word != "-":
            _read_short(given, word, rest)
        else:
            given.arguments.append(word)
    return given


def takes_next_word(flags: Iterable[Flag], word: str) -> bool:
    """Whether cobra, in search of a command's name, takes the word after this flag for its value."""
    if "=" in word or (not word.startswith("--") and len(word) != 2):
        return False
    name = word.lstrip("-")
    return not any(flag.kind is Kind.BOOL and name in (flag.name, flag.shorthand) for flag in flags)


def _read_long(given: Given, word: str, rest: list[str]) -> None:
    name, has_value, value = word[2:].partition("=")
    if not name or name.startswith("-"):
        raise CommandError(f"bad flag syntax: {word}")
    flag = next((flag for flag in given.flags if flag.name == name), None)
    if flag is None:
        raise CommandError(f"unknown flag: --{name}")
    if not has_value:
        value = _next_value(flag, rest, f"--{name}")
    _set(given, flag, value)


def _read_short(given: Given, word: str, rest: list[str]) -> None:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        flag = next((flag for flag in given.flags if flag.shorthand == letter), None)
        if flag is None:
            raise CommandError(f"unknown shorthand flag: '{letter}' in {word}")
        if letters.startswith("="):
            value, letters = letters[1:], ""
        elif letters and flag.kind is not Kind.BOOL:
            value, letters = letters, ""
        else:
            value = _next_value(flag, rest, f"'{letter}' in {word}")
        _set(given, flag, value)


def _next_value(flag: Flag, rest: list[str], shown: str) -> str:
    if flag.kind is Kind.BOOL:
        return "true"
    if not rest:
        raise CommandError(f"flag needs an argument: {shown}")
    return rest.pop(0)


def _set(given: Given, flag: Flag, value: str) -> None:
    if flag.kind in (Kind.INT, Kind.INT32) and not value.removeprefix("-").removeprefix("+").isdecimal():
        raise _invalid(flag, value, "ParseInt")
    if flag.kind is Kind.BOOL and value not in _TRUE | _FALSE:
        raise _invalid(flag, value, "ParseBool")
    given.values.setdefault(flag.name, []).append(value)


def _invalid(flag: Flag, value: str, parser: str) -> CommandError:
    return CommandError(
        f'invalid argument "{value}" for "{flag.shown}" flag: strconv.{parser}: parsing "{value}": invalid syntax'
    )
