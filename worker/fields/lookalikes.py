"""Letters and digits that are taken for each other. A repair counts only where a rule passes because of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

DIGITS: Mapping[str, str] = dict(zip("OoQDIl|!iZzASsGbTBgq", "00001111122455667899", strict=True))
"""The digit that a letter may have been."""
LETTERS: Mapping[str, str] = dict(zip("0124568", "OIZASGB", strict=True))
"""The letter that a digit may have been."""
CHANGES_MAX = 3
"""So many characters of one text are exchanged at most; more would let chance pass any rule."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One character that was replaced: its place in the value, what was read, and what was taken for it."""

    at: int
    read: str
    taken: str


def as_digits(text: str) -> str:
    """The text with every look-alike of a digit made that digit."""
    return "".join(DIGITS.get(character, character) for character in text)


def as_letters(text: str) -> str:
    """The text with every look-alike of a letter made that letter."""
    return "".join(LETTERS.get(character, character) for character in text)


def by_pattern(text: str, pattern: str) -> str:
    """The text with look-alikes made what the pattern wants: `9` a digit, `A` a letter, anything else as it is."""
    turned = {"9": as_digits, "A": as_letters}
    return "".join(turned[kind](one) if kind in turned else one for one, kind in zip(text, pattern, strict=True))


def repairs(read: str, taken: str) -> tuple[Repair, ...]:
    """Where two texts of one length differ."""
    pairs = enumerate(zip(read, taken, strict=True))
    return tuple(Repair(at, before, after) for at, (before, after) in pairs if before != after)


@dataclass(frozen=True, slots=True)
class Decided:
    """The reading that a rule decided for, and among how many it did."""

    text: str
    tries: int


def decided(text: str, passes: Callable[[str], bool]) -> Decided | None:
    """The text itself where it passes, else the reading with the fewest look-alikes exchanged that does.

    None where no reading passes, or where two with equally many exchanges do: then the rule does not decide.
    """
    if passes(text):
        return Decided(text, 1)
    tries = 1
    for count in range(1, CHANGES_MAX + 1):
        readings = list(_readings(text, count))
        tries += len(readings)
        if passing := [one for one in readings if passes(one)]:
            return Decided(passing[0], tries) if len(passing) == 1 else None
    return None


def _readings(text: str, count: int) -> Iterator[str]:
    """The text with so many look-alikes exchanged, in every way there is."""
    others = {at: other for at, one in enumerate(text) if (other := DIGITS.get(one) or LETTERS.get(one))}
    for places in combinations(others, count):
        yield "".join(others[at] if at in places else one for at, one in enumerate(text))
