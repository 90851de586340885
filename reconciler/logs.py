"""Logging: human on a terminal, JSON lines otherwise; the names of events; no secret ever."""

import json
import logging
import re
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from loguru import Message, Record

__all__ = ["Event", "logger", "redact", "set_up"]


class Event(StrEnum):
    """The messages that operators search for and tests assert."""

    DAEMON_STARTED = "Daemon started"
    DAEMON_DRAINING = "Daemon draining"
    DAEMON_STOPPED = "Daemon stopped"
    SETTING_IGNORED = "Setting ignored"
    JOB_CREATED = "Job created"
    JOB_STATE = "Job state transitioned"
    JOB_WAITS = "Job waits"
    RUN_PLANNED = "Run planned"
    SIGNAL_LOST = "Stop signal not delivered"
    RUN_SUBMITTED = "Camber job submitted"
    RUN_STATE = "Run state transitioned"
    RUN_LAUNCH_UNKNOWN = "Launch outcome unknown"
    RUN_ADOPTED = "Camber job adopted"
    RESULT_COLLECTED = "Camber result collected"
    RESULT_REFUSED = "Camber result refused"
    DOCUMENT_PACKAGED = "Output packaged successfully"
    LEASE_LOST = "Lease lost"
    BREAKER_OPENED = "Breaker opened"
    BREAKER_CLOSED = "Breaker closed"
    DUTY_FAILED = "Duty failed"
    WAKE_LOST = "Wake-up link lost"
    REQUEST_DONE = "Request carried out"
    PRUNED = "Pruned"
    EVIDENCE_LOST = "Evidence lost"
    DUTY_DONE = "Duty done"


_SECRETS = re.compile(
    r"(?P<signed>[?&]X-Amz-[^\s\"']*)|(?P<age>AGE-SECRET-KEY-1[0-9A-Z]+)|(?P<url>(?<=://)[^\s/@:]+:[^\s/@]+(?=@))"
    r"|(?P<pair>(?i:(?:secret|password|api_?key|token|authorization)[\"']?\s*[=:]\s*)(?:bearer )?[^\s,\"'}]+)"
)


def redact(text: str) -> str:
    """Take signed URLs' queries, keys and passwords out of a text."""
    return _SECRETS.sub("[redacted]", text)


def set_up(level: str, style: str) -> None:
    """Send everything to STDERR, the standard library's loggers included."""
    human = style == "human" or (style == "auto" and sys.stderr.isatty())
    logger.remove()
    logger.add(
        _write_human if human else _write_json, level=level, format=_human, colorize=human and sys.stderr.isatty()
    )
    logging.basicConfig(handlers=[_Intercept()], level=logging.WARNING, force=True)


def _human(record: "Record") -> str:
    extra = "".join(f" <dim>{name}=</dim>{{extra[{name}]}}" for name in record["extra"])
    return f"<dim>{{time:HH:mm:ss.SSS}}</dim> <level>{{level: <7}}</level> {{message}}{extra}\n{{exception}}"


def _write_human(message: "Message") -> None:
    sys.stderr.write(redact(str(message)))


def _write_json(message: "Message") -> None:
    record = message.record
    line = {"time": record["time"].isoformat(), "level": record["level"].name, "event": record["message"]}
    line |= record["extra"]
    if record["exception"]:
        line["exception"] = str(message).partition("\n")[2].strip()
    sys.stderr.write(redact(json.dumps(line, default=str)) + "\n")


class _Intercept(logging.Handler):
    """Hands the standard library's records on to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        logger.opt(exception=record.exc_info).bind(logger=record.name).log(record.levelname, record.getMessage())
