"""Logging: human on a terminal, JSON lines otherwise; the names of events; no secret ever."""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
from loguru import logger
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from loguru import Message, Record

__all__ = ["Event", "logger", "redact", "set_up"]


class Event(StrEnum):
    """The messages that operators search for and tests assert."""

    DAEMON_STARTED = "Daemon started"
    HEALTH_SERVED = "Health served"
    DAEMON_DRAINING = "Daemon draining"
    DAEMON_STOPPED = "Daemon stopped"
    DAEMON_FAILED = "Daemon failed"
    SCHEMA_AWAITED = "Schema awaited"
    SETTING_IGNORED = "Setting ignored"
    JOB_CREATED = "Job created"
    JOB_STATE = "Job state transitioned"
    JOB_WAITS = "Job waits"
    RUN_PLANNED = "Run planned"
    RUN_GIVEN = "Lingering run given more"
    GIFT_LOST = "Inbox not reached"
    SIGNAL_LOST = "Stop signal not delivered"
    RUN_SUBMITTED = "Camber job submitted"
    RUN_STATE = "Run state transitioned"
    RUN_LAUNCH_UNKNOWN = "Launch outcome unknown"
    DUPLICATE_FOUND = "Duplicate Camber job found"
    RUN_ADOPTED = "Camber job adopted"
    RESULT_COLLECTED = "Camber result collected"
    RESULT_REFUSED = "Camber result refused"
    RESULT_IGNORED = "Camber result ignored"
    DOCUMENT_PACKAGED = "Output packaged successfully"
    PRODUCT_TOLD = "Product told"
    PRODUCT_NOT_TOLD = "Product not told"
    LEASE_LOST = "Lease lost"
    BREAKER_OPENED = "Breaker opened"
    BREAKER_CLOSED = "Breaker closed"
    DUTY_FAILED = "Duty failed"
    WAKE_LOST = "Wake-up link lost"
    REQUEST_DONE = "Request carried out"
    PRUNED = "Pruned"
    OBJECTS_REMOVED = "Objects removed"
    EVIDENCE_LOST = "Evidence lost"
    DUTY_DONE = "Duty done"
    THREAD_FAILED = "Thread failed"
    CONSOLE_REFUSED = "Console token refused"
    CONSOLE_ORDERED = "Console order carried out"


_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SECRET_CHARS_MIN = 6
"""Shorter values would blacken half of every text."""
HIDDEN = "[redacted]"

_NAME = r"(?i:secret|passw(?:or)?d|passphrase|api_?key|access_?key|private_?key|token|authorization)[\w-]*"
# Once escaped, because what is quoted is often JSON inside a string; a text that was cut may lack the closing quote.
_QUOTED = (
    r"(?P<escaped>\\[\"'])(?:[^\\\"'\n]|\\\\(?:\\.|[^\\]))*(?:\\[\"'])?"
    r"|(?P<double>\")(?:[^\"\\\n]|\\.)*\"?|(?P<single>')(?:[^'\\\n]|\\.)*'?"
)
_BARE = r"(?!(?:must be|is missing)\b)(?:(?i:bearer|basic)\s+)?(?:[^\s,\"'}\\]|\\(?![\"']))+"
_SECRETS = re.compile(
    r"(?P<signed>[?&]X-Amz-[^\s\"']*)|(?P<age>AGE-SECRET-KEY-1[0-9A-Z]+)"
    r"|(?P<url>(?<=://)[^\s/@:\"']*:[^\s/\"']+(?=@))"
    rf"|(?P<name>{_NAME}\\*[\"']?\s*[=:]\s*(?:\x1b\[[\d;]*m)*)(?:{_QUOTED}|{_BARE})"
    r"|(?P<bearer>(?i:bearer)\s+)[\w.~+/=-]{6,}"
)
_SECRET_NAME = re.compile(_NAME)
_QUOTED_VALUE = re.compile(r'".*"')
_OURS = frozenset(["reconciler", "worker"])
UNTOLD = "(its words are left out: they may quote a document)"


class _Known:
    """The secret values of this process, in every spelling that a text may have them in."""

    pattern: "re.Pattern[str] | None" = None

    @classmethod
    def keep(cls, values: Iterable[str]) -> None:
        spelled = {way for value in values if len(value) >= SECRET_CHARS_MIN for way in _spellings(value)}
        longest_first = sorted(spelled, key=len, reverse=True)
        cls.pattern = re.compile("|".join(map(re.escape, longest_first))) if spelled else None


def _spellings(value: str) -> set[str]:
    quoted = (json.dumps(value), json.dumps(value, ensure_ascii=False), repr(value))
    return {value, quote(value, safe=""), *(text[1:-1] for text in quoted)}


def redact(text: str) -> str:
    """Take signed URLs' queries, keys, passwords and this process's known secrets out of a text."""
    known = _Known.pattern
    return _SECRETS.sub(_hide, known.sub(HIDDEN, text) if known else text)


def _hide(found: "re.Match[str]") -> str:
    """Keep the name and the quotes, so that a reader sees what was hidden and JSON stays JSON."""
    mark = found["escaped"] or found["double"] or found["single"] or ""
    return f"{found['name'] or found['bearer'] or ''}{mark}{HIDDEN}{mark}"


_TALKATIVE = ("apscheduler.scheduler",)
"""Libraries of which only errors are told. On a busy machine the scheduler warns of every tick that is left out because
two of its kind are at work, as is meant; a duty that does not come back is told by the probes."""


def set_up(level: str, style: str, secrets: Iterable[str] = ()) -> None:
    """Send everything to STDERR, the standard library's loggers included; hide the secrets wherever they stand."""
    _Known.keep(secrets)
    human = style == "human" or (style == "auto" and sys.stderr.isatty())
    logger.remove()
    logger.add(
        _write_human if human else _write_json,
        level=level,
        format=_human,
        colorize=human and sys.stderr.isatty(),
        # Both would write the values of local variables.
        backtrace=False,
        diagnose=False,
    )
    logging.basicConfig(handlers=[_Intercept()], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    # Python itself would write the traceback as it is.
    threading.excepthook = _thread_failed


def _thread_failed(failure: "threading.ExceptHookArgs") -> None:
    thread = failure.thread.name if failure.thread else "unknown"
    logger.bind(thread=thread).opt(exception=failure.exc_value).error(Event.THREAD_FAILED)


def _human(record: "Record") -> str:
    extra = "".join(f" <dim>{name}=</dim>{{extra[{name}]}}" for name in record["extra"])
    return f"<dim>{{time:HH:mm:ss.SSS}}</dim> <level>{{level: <7}}</level> {{message}}{extra}\n"


def _write_human(message: "Message") -> None:
    sys.stderr.write(redact(str(message) + _exception(message.record)))


def _write_json(message: "Message") -> None:
    record = message.record
    line: dict[str, Any] = {"time": record["time"].isoformat(), "level": record["level"].name}
    line |= _clean({"event": record["message"], **record["extra"]})
    if record["exception"]:
        line["exception"] = redact(_exception(record).strip())
    sys.stderr.write(json.dumps(line) + "\n")


def _clean(value: Any) -> Any:
    """Redact the texts within a value before they are quoted: afterwards a pattern could miss one or break the line."""
    if isinstance(value, Mapping):
        return {str(name): _clean_named(str(name), part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(part) for part in value]
    return value if value is None or isinstance(value, bool | int | float) else redact(str(value))


def _clean_named(name: str, value: Any) -> Any:
    return HIDDEN if value is not None and _SECRET_NAME.search(name) else _clean(value)


def _exception(record: "Record") -> str:
    """The record's exception and its causes, the newest first; without one nothing."""
    error = record["exception"].value if record["exception"] else None
    told: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        told.append(_describe(error))
        # The cause of a database error is the driver's, which says the same and more.
        error = None if isinstance(error, DBAPIError) else _before(error)
    return "because of:\n".join(told)


def _before(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _describe(error: BaseException) -> str:
    """A traceback; of a database's error one line, because what follows it can quote whole rows."""
    if isinstance(error, DBAPIError | psycopg.Error):
        cause = error.orig if isinstance(error, DBAPIError) else error
        state = getattr(cause, "sqlstate", None) or "-"
        first = str(cause).strip().partition("\n")[0]
        return (
            f"{type(error).__name__} {state}: {_QUOTED_VALUE.sub('(a value)', first) if state[:2] == '22' else first}\n"
        )
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{frames}{type(error).__qualname__}: {_words(error)}\n"


def _words(error: BaseException) -> str:
    """What the error says, if it is one of ours. Those of others quote what they failed on: a text, a file's name."""
    if type(error).__module__.partition(".")[0] in _OURS:
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return UNTOLD


class _Intercept(logging.Handler):
    """Hands the standard library's records on to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        logger.opt(exception=record.exc_info).bind(logger=record.name).log(_level(record), record.getMessage())


def _level(record: logging.LogRecord) -> str | int:
    """By name; a library's own level by its number."""
    return record.levelname if record.levelname in _LEVELS else record.levelno
