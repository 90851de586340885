"""What a check gives."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """`SKIPPED` where a look was impossible or not asked for, `WARNING` where it works and yet needs attention."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at: what was seen, and what to do about it unless it is well."""

    check: str
    verdict: Verdict
    seen: str
    fix: str = ""


def ok(check: str, seen: str) -> Finding:
    """It is well."""
    return Finding(check=check, verdict=Verdict.OK, seen=seen)


def warning(check: str, seen: str, fix: str) -> Finding:
    """It works, and needs attention."""
    return Finding(check=check, verdict=Verdict.WARNING, seen=seen, fix=fix)


def failed(check: str, seen: str, fix: str) -> Finding:
    """It does not work."""
    return Finding(check=check, verdict=Verdict.FAILED, seen=seen, fix=fix)


def skipped(check: str, reason: str) -> Finding:
    """It was not looked at."""
    return Finding(check=check, verdict=Verdict.SKIPPED, seen=reason)
