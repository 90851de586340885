"""Which jobs are meant, as people say it."""

import re
from dataclasses import dataclass
from uuid import UUID

from reconciler.domain.states import JobStatus
from worker.contract import ErrorCode

_AGE = re.compile(r"(?P<number>[0-9]{1,6})(?P<unit>[smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class BadFilter(ValueError):
    """A part of a filter that means nothing; `part` is its name, the message what is wrong with it."""

    def __init__(self, part: str, problem: str) -> None:
        super().__init__(problem)
        self.part = part


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which jobs: all that every given part fits."""

    status: str | None = None
    error_code: str | None = None
    user_id: UUID | None = None
    since_seconds: float | None = None
    held: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing was given, which would mean everything."""
        return self == Filter()


def parse_filter(
    status: str | None, error_code: str | None, since: str | None, user: str | None, *, held: bool = False
) -> Filter:
    """The filter that the words mean. Raises BadFilter."""
    if status is not None and status not in set(JobStatus):
        raise BadFilter("status", f"must be one of {', '.join(JobStatus)}")
    if error_code is not None and error_code not in set(ErrorCode):
        raise BadFilter("error_code", f"there is no error {error_code!r}; see docs/reference/errors.md")
    return Filter(
        status=status,
        error_code=error_code,
        user_id=None if user is None else _user(user),
        since_seconds=None if since is None else _seconds(since),
        held=held,
    )


def _user(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadFilter("user", f"must be a UUID, not {text!r}") from None


def _seconds(text: str) -> float:
    match = _AGE.fullmatch(text)
    if match is None:
        raise BadFilter("since", "must be a number and s, m, h or d, such as 2h")
    return int(match["number"]) * _SECONDS[match["unit"]]
