"""Error texts, and what they mean. Codes are Camber's own small numbers mixed with HTTP's; wording is unstable."""

import re
from dataclasses import dataclass

from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.structured import as_object, as_text, find_json
from reconciler.camber.redaction import quote
from reconciler.domain.observations import Trouble, Unreachable

_API_ERROR = re.compile(r"API error:\s*code=([0-9]{1,9}),\s*message=([^\n]*)")
_ERROR_LINE = re.compile(r"^[ \t]*Error:[ \t]*([^\n]*)", re.MULTILINE)
# A line of its own, or the message behind a cobra or API prefix: never a phrase somewhere inside a log or a command.
_LOGIN = re.compile(
    r"authentication (?:error|failed|required)|not logged in|not authenticated|unauthenticated|unauthorized"
    r"|invalid (?:api[ -]?key|token|credentials)|(?:run|use) .{0,3}camber login|user not found|status(?: code)? 401",
    re.IGNORECASE,
)
_RATE = re.compile(r"rate.?limit|too many requests|status(?: code)? 429", re.IGNORECASE)
_USAGE = re.compile(
    r"unknown (?:shorthand )?flag: |unknown command \"|flag needs an argument: |bad flag syntax: |no such flag "
    r"|required flag\(s\) .+ not set|invalid argument \".*\" for \".+\" flag|accepts .{0,40}arg\(s\), received "
    r"|requires at least [0-9]+ arg|invalid (?:node size|engine)\b.*Must be one of",
)
_NOT_THERE = re.compile(r"not found|not belong|does not exist|no such", re.IGNORECASE)
_NOT_A_JOB = re.compile(r"\b(?:user|account|team|page|route|endpoint|path|host|file)\b", re.IGNORECASE)
_JOB_NOT_THERE = re.compile(
    r"\bjob\b(?: [0-9]+)? (?:was |could |is )?(?:not (?:be )?found|not belong|does(?: not|n't) exist)|no such job",
    re.IGNORECASE,
)
# Every code that was seen or is written down, with what a caller does about it. Most are Camber's own small numbers, a
# few are HTTP's; what they go with is said beside them. Any other code is the API's trouble too: never a fact.
CODES = {
    1: Trouble.API_ERROR,  # validation failed
    2: Trouble.API_ERROR,  # failed to create job, not in the plan, and others: the API's own trouble
    10: Trouble.API_ERROR,  # not found
    15: Trouble.API_ERROR,  # the log's access: not ours, not yet, or its service failed
    400: Trouble.API_ERROR,  # validation failed, as HTTP says it
    401: Trouble.LOGIN,  # a refused key
    403: Trouble.API_ERROR,  # not the owner of an app
    404: Trouble.API_ERROR,  # no such route, or no such thing
    429: Trouble.RATE_LIMITED,
    500: Trouble.API_ERROR,  # also for what is not there
    502: Trouble.API_ERROR,
    503: Trouble.API_ERROR,
    504: Trouble.API_ERROR,
}
_MISSING_CODES = (10, 404)


@dataclass(frozen=True, slots=True)
class Fault:
    """What an error says: Camber's code where the API answered, and the message."""

    code: int | None
    message: str

    @property
    def trouble(self) -> Trouble:
        """What the caller does about it. An unknown code is the API's trouble, not a fact about a job."""
        if _LOGIN.search(self.message):
            return Trouble.LOGIN
        if _RATE.search(self.message):
            return Trouble.RATE_LIMITED
        if self.code is None and _USAGE.match(self.message):
            return Trouble.USAGE
        return CODES.get(self.code or 0, Trouble.API_ERROR)

    @property
    def from_api(self) -> bool:
        """Whether Camber itself answered."""
        return self.code is not None

    @property
    def refuses_arguments(self) -> bool:
        """Whether the CLI refused what it was given, before any call to the API."""
        return self.code is None and bool(_USAGE.match(self.message))

    @property
    def refuses_login(self) -> bool:
        """Whether we are not logged in, or with a bad key."""
        return self.trouble is Trouble.LOGIN

    @property
    def denies_job(self) -> bool:
        """Whether Camber said that it has no such job of ours. A 404 about anything else says nothing about jobs."""
        if self.code is None or self.trouble is Trouble.LOGIN:
            return False
        coded = self.code in _MISSING_CODES and _NOT_THERE.search(self.message) and not _NOT_A_JOB.search(self.message)
        return bool(_JOB_NOT_THERE.search(self.message) or coded)

    def __str__(self) -> str:
        prefix = "" if self.code is None else f"code={self.code}: "
        return prefix + quote(self.message)


def find_fault(printed: Printed) -> Fault | None:
    """Return the error that was printed, on whichever stream and in whichever form."""
    return _api_fault(printed.everything) or _json_fault(printed.out) or _line_fault(printed)


def explain(printed: Printed) -> Unreachable:
    """Say why a read that could not be believed told nothing."""
    fault = find_fault(printed)
    if fault:
        return Unreachable(fault.trouble, str(fault))
    if printed.cut:
        return Unreachable(Trouble.UNREADABLE, "the output was longer than our cap")
    said = quote(printed.everything) or "nothing"
    # Without an error in a known form, a bad exit code is the CLI's trouble and a good one is ours in reading it.
    trouble = Trouble.API_ERROR if printed.exit_code else Trouble.UNREADABLE
    return Unreachable(trouble, f"exit code {printed.exit_code}, printed: {said}")


def _api_fault(text: str) -> Fault | None:
    match = _API_ERROR.search(text)
    return Fault(int(match[1]), match[2].strip()) if match else None


def _json_fault(text: str) -> Fault | None:
    answer = as_object(find_json(text))
    code, message = (answer.get("code"), as_text(answer.get("message"))) if answer else (None, None)
    return Fault(code, message) if isinstance(code, int) and code and message else None


def _line_fault(printed: Printed) -> Fault | None:
    match = _ERROR_LINE.search(printed.everything)
    if match:
        return Fault(None, match[1].strip())
    # Seen with exit code 0: a bare sentence on a line of its own.
    lines = (line.strip() for line in printed.everything.splitlines()[:20])
    said = next((line for line in lines if _LOGIN.match(line) or _RATE.match(line)), None)
    return Fault(None, said) if said else None
