"""Labels with their values, on any page."""

from worker.fields.dates import days
from worker.fields.field import Check, Field, found
from worker.fields.labels import Pair, first
from worker.fields.labels import pairs as labelled
from worker.fields.page import Page

_EMAIL_PARTS = 2
_DATE_CHANCE = 0.3


def fields(page: Page) -> list[Field]:
    """Every label of the page that has a value."""
    return [of_pair(pair) for pair in labelled(page)]


def of_pair(pair: Pair, *, is_day_first: bool = False) -> Field:
    """The field that a label and its value make."""
    if pair.name.startswith("date"):
        return _date(pair, is_day_first=is_day_first)
    return found(pair.name, pair.value, pair.cells, check=_email(pair))


def named(page: Page, *names: str, is_day_first: bool = False) -> list[Field]:
    """The fields of these names that stand behind labels."""
    pairs = labelled(page)
    chosen = [pair for name in names if (pair := first(pairs, name))]
    return [of_pair(pair, is_day_first=is_day_first) for pair in chosen]


def _date(pair: Pair, *, is_day_first: bool) -> Field:
    meant = days(pair.value, is_day_first=is_day_first)
    if not meant:
        return found(pair.name, pair.value, pair.cells, check=Check(rule="calendar", passed=False, chance=_DATE_CHANCE))
    day = meant[0]
    check = Check(rule="calendar", passed=True, chance=_DATE_CHANCE)
    return found(pair.name, day.value, pair.cells, check=check, repairs=day.repairs, is_ambiguous=day.iso is None)


def _email(pair: Pair) -> Check | None:
    if pair.name != "email":
        return None
    parts = pair.value.split("@")
    passed = len(parts) == _EMAIL_PARTS and all(parts) and "." in parts[-1] and " " not in pair.value
    return Check(rule="email", passed=passed, chance=0.6)
