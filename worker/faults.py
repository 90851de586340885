"""The one error that a stage raises to end a document, and the one that says no document can be read at all."""

from worker.contract import ERRORS, ErrorCode, Failed, Retry, Stage

_MESSAGE_MAX = 500


class DocumentFault(Exception):
    """A document that cannot be finished: a code of the error table, the stage, and figures; never content or secrets.

    The stage defaults to where the error table says the code arises.
    """

    def __init__(self, code: ErrorCode, message: str, stage: Stage | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message[:_MESSAGE_MAX]
        self.stage = stage or ERRORS[code].stage

    def failed(self) -> Failed:
        """The outcome that the contract carries."""
        retryable = ERRORS[self.code].retry is not Retry.NEVER
        return Failed(code=self.code, stage=self.stage, message=self.message, retryable=retryable)


class EngineError(Exception):
    """The engine cannot be built, or answered in a shape that is not its contract."""
