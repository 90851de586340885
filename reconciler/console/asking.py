"""What an address asks for: filters, pages, ranges. What means nothing is one clear refusal."""

from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection

from reconciler.console.charts import RANGES, Range
from reconciler.console.desk import Refused, Visit
from reconciler.domain.filters import BadFilter, Filter, parse_filter
from reconciler.domain.prefixes import hex_prefix
from reconciler.store import reading

Word = TypeVar("Word", bound=StrEnum)
FILTER_FIELDS = ("status", "error_code", "since", "user", "held")
_NAMES = {"error_code": "error code"}


def asked_filter(visit: Visit) -> Filter:
    """The filter of the address."""
    return filter_of({name: visit.asked(name) for name in FILTER_FIELDS})


def filter_of(words: dict[str, str | None]) -> Filter:
    """The filter that these words mean; refuses what means nothing."""
    if words["held"] not in (None, "1"):
        raise Refused(400, "This filter cannot be used", "held: must be 1 or left out")
    try:
        return parse_filter(
            words["status"], words["error_code"], words["since"], words["user"], held=words["held"] is not None
        )
    except BadFilter as error:
        name = _NAMES.get(error.part, error.part)
        raise Refused(400, "This filter cannot be used", f"{name}: {error}") from None


def asked_range(visit: Visit, default: str = "24h") -> Range:
    """How far back to look."""
    name = visit.asked("range") or default
    if name not in RANGES:
        raise Refused(400, "There is no such range", f"range: must be one of {', '.join(RANGES)}")
    return RANGES[name]


def asked_word(visit: Visit, name: str, words: type[Word]) -> Word | None:
    """One of a few words."""
    given = visit.asked(name)
    if given is None:
        return None
    try:
        return words(given)
    except ValueError:
        raise Refused(400, "This filter cannot be used", f"{name}: must be one of {', '.join(words)}") from None


def asked_after(visit: Visit) -> UUID | None:
    """The last one of the page before."""
    given = visit.asked("after")
    return None if given is None else uuid_or_refuse(given, "after")


def uuid_or_refuse(text: str, name: str) -> UUID:
    """The UUID of a form or an address."""
    try:
        return UUID(text)
    except ValueError:
        raise Refused(400, "This address cannot be used", f"{name}: must be a UUID") from None


def asked_job(connection: Connection, text: str) -> UUID:
    """The one job whose id begins so."""
    prefix = hex_prefix(text)
    found = [] if prefix is None else reading.find_job_ids(connection, prefix, 2)
    return _only(found, "job", text)


def asked_run(connection: Connection, text: str) -> UUID:
    """The one run whose id begins so."""
    prefix = hex_prefix(text)
    found = [] if prefix is None else reading.find_run_ids(connection, "", prefix, 2)
    return _only(found, "run", text)


def _only(found: list[UUID], what: str, text: str) -> UUID:
    if not found:
        raise Refused(404, f"There is no such {what}", f"Nothing is known of {text[:80]}.")
    if len(found) > 1:
        raise Refused(404, f"This is not one {what}", f"Several ids begin with {text[:80]}: give more of it.")
    return found[0]
