"""Times and durations in words."""

from datetime import datetime

_UNITS = ((86400 * 2, 86400, "d"), (3600 * 2, 3600, "h"), (60 * 2, 60, "min"))


def ago(seconds: float | None) -> str:
    """A duration in its greatest unit that leaves two or more of it."""
    if seconds is None:
        return ""
    for least, unit, name in _UNITS:
        if seconds >= least:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def lingering(seconds: float | None) -> str:
    """What a run that waits for more is at, with so much of its stay left; empty for one that does not wait."""
    if seconds is None:
        return ""
    return f"lingers: leaves in {ago(seconds)} if nothing comes" if seconds > 0 else "lingered: about to leave"


def at(moment: datetime | None) -> str:
    """A time of the database, UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""
