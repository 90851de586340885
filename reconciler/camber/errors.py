"""What the stash calls raise, by what the caller does about it. The job calls return outcomes instead."""

from reconciler.domain.observations import Trouble


class CamberError(Exception):
    """Anything that went wrong between us and Camber."""


class StashUnavailable(CamberError):
    """The call told nothing or did nothing that could be confirmed: wait and try again; `trouble` names the breaker."""

    def __init__(self, trouble: Trouble, reason: str) -> None:
        super().__init__(f"{trouble}: {reason}")
        self.trouble = trouble
        self.reason = reason


class StashPathMissing(CamberError):
    """Camber said that the path is not there: trying again changes nothing."""


class StashDamaged(CamberError):
    """What came down is not what was promised: download again, or upload again."""
