"""Passports and cards with a machine readable zone: every field with the verdict of its check digits."""

from datetime import date

from worker.fields.dates import days
from worker.fields.field import Check, Field, found
from worker.fields.mrz import Part, Zone
from worker.fields.page import Page
from worker.fields.pairs import named

_AGE_MAX = 115
_CENTURY = 100
_NOT_BEFORE = 1980
"""No zone was printed before."""
_ONE_DIGIT, _BOTH_DIGITS = 0.1, 0.01
_LABELS = ("surname", "given_names", "name", "passport_number", "nationality", "date_of_birth", "date_of_expiry")


def fields(page: Page, zone: Zone | None) -> list[Field]:
    """The zone's fields, or what stands behind labels where no zone can be read."""
    if zone is None:
        return named(page, *_LABELS)
    own = [_field(name, part, zone) for name, part in zone.parts.items() if not name.startswith("date_")]
    expiry = _expiry(zone.parts["date_of_expiry"], zone)
    return [*own, _birth(zone.parts["date_of_birth"], expiry, page, zone), expiry]


def _field(name: str, part: Part, zone: Zone) -> Field:
    return found(
        name,
        part.value,
        part.cells,
        check=_check(part, zone, is_number=name.endswith("_number")),
        repairs=part.repairs,
        tries=part.tries,
    )


def _check(part: Part, zone: Zone, *, is_number: bool = False) -> Check | None:
    """A part's own check digit, and with it the one over everything, which says nothing new of the number.

    Parts without a digit have no rule.
    """
    if part.passed is None:
        return None
    chance = _BOTH_DIGITS if part.passed and zone.passed and not is_number else _ONE_DIGIT
    return Check(rule="check_digit", passed=part.passed, chance=chance)


def _expiry(part: Part, zone: Zone) -> Field:
    years = [year for year in (1900, 2000) if _NOT_BEFORE <= year + _year(part.value) < _NOT_BEFORE + _CENTURY]
    return _dated("date_of_expiry", part, [year + _year(part.value) for year in years], zone)


def _birth(part: Part, expiry: Field, page: Page, zone: Zone) -> Field:
    """The zone gives two digits of the year: the century is taken where only one is possible or the page prints it."""
    year = _year(part.value)
    last = int(str(expiry.value)[:4]) if not expiry.is_ambiguous and expiry.check and expiry.check.passed else None
    possible = [
        century + year
        for century in (1900, 2000)
        if last is None or century + year <= last <= century + year + _AGE_MAX
    ]
    if len(possible) != 1:
        printed = {
            int(day.iso[:4]) for day in days(page.text, is_day_first=True) if _is_same(day.iso, part.value) if day.iso
        }
        possible = sorted(printed) or possible
    return _dated("date_of_birth", part, possible, zone)


def _is_same(iso: str | None, value: str) -> bool:
    return iso is not None and iso[2:].replace("-", "") == value


def _year(value: str) -> int:
    return int(value[:2]) if value[:2].isdigit() else 0


def _dated(name: str, part: Part, years: list[int], zone: Zone) -> Field:
    """A date of the zone: ISO where one year is possible and the day exists, else the six characters as they stand."""
    isos = [iso for year in years if (iso := _iso(year, part.value))]
    check = _check(part, zone)
    if check and check.passed and not isos:
        check = Check(rule="calendar", passed=False)
    is_ambiguous = len(isos) != 1
    value = part.value if is_ambiguous else isos[0]
    return found(name, value, part.cells, check=check, repairs=part.repairs, is_ambiguous=is_ambiguous)


def _iso(year: int, value: str) -> str | None:
    if len(value) != 6 or not value.isdigit():
        return None
    try:
        return date(year, int(value[2:4]), int(value[4:6])).isoformat()
    except ValueError:
        return None
