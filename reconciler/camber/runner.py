"""One call from arguments to verdict, with its evidence recorded."""

import errno
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

from tenacity import RetryCallState, Retrying, retry_if_exception, retry_if_result, stop_after_attempt
from tenacity.wait import wait_random_exponential

from reconciler.camber import process
from reconciler.camber.config import CamberConfig
from reconciler.camber.errors import StashDamaged, StashUnavailable
from reconciler.camber.evidence import CliCall, Discretion, Occasion, cli_call
from reconciler.camber.parse.printed import Printed
from reconciler.camber.process import Ending, Finished
from reconciler.camber.redaction import without_key
from reconciler.domain.observations import CreateOutcome, NotSent, Trouble, Unknown, Unreachable

T = TypeVar("T")
U = TypeVar("U")

CliFile = tuple[int, ...]
"""Which file the CLI is: `camber update` puts another one in its place."""

# A call that ran into its limit has used up the patience of its caller; a login does not mend itself.
PASSING = frozenset([Trouble.CLI_MISSING, Trouble.RATE_LIMITED, Trouble.API_ERROR, Trouble.UNREADABLE])


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What to run, and within what."""

    arguments: list[str]
    limit_seconds: float
    output_bytes_max: int | None = None
    boot_deadline: float | None = None

    @property
    def kind(self) -> str:
        """The CLI's words for it."""
        return " ".join(word for word in self.arguments[:2] if not word.startswith("-"))


def utc_now() -> datetime:
    """Return the time that evidence is dated with; no decision rests on it."""
    return datetime.now(UTC)


class Runner:
    """Runs calls, hands what was printed to a parser, and records each call once its outcome is known.

    `record` must not raise: by then the call has had its effect, and the outcome would be lost with it.
    """

    def __init__(
        self, config: CamberConfig, record: Callable[[CliCall], None], clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.config = config
        self._record = record
        self._clock = clock
        self._cli: tuple[CliFile, str | None] | None = None

    @property
    def knows_cli(self) -> bool:
        """Whether the CLI was asked for its version since it was last replaced."""
        return self._cli is not None and self._cli[0] == self._cli_file()

    def learning(self, read: Callable[[Printed], str | Unreachable]) -> Callable[[Printed], str | Unreachable]:
        """Return the reader of `version`, made to remember what it read for as long as the CLI stays the same file."""

        def read_and_remember(printed: Printed) -> str | Unreachable:
            outcome = read(printed)
            self._cli = (self._cli_file(), outcome if isinstance(outcome, str) else None)
            return outcome

        return read_and_remember

    def ask(
        self,
        call: Call,
        read: Callable[[Printed], T],
        unheard: Callable[[Finished], U],
        decided: Callable[[T | U], bool] = lambda _: True,
    ) -> T | U:
        """Run the call once; `unheard` gives the outcome of a call that did not come to its own end."""
        started_at = self._clock()
        finished = self._run(call)
        exited = finished.ending is Ending.EXITED
        outcome: T | U = read(printed_of(finished)) if exited else unheard(finished)
        occasion = Occasion(
            id=uuid4(),
            kind=call.kind,
            argv=["camber", *call.arguments],
            started_at=started_at,
            cli_version=self._cli[1] if self._cli and self.knows_cli else None,
            outcome=word_of(outcome),
            decided=decided(outcome),
        )
        self._record(cli_call(occasion, finished, self._discretion()))
        return outcome

    def ask_again(
        self,
        call: Call,
        read: Callable[[Printed], T],
        decided: Callable[[T | Unreachable], bool] = lambda _: True,
    ) -> T | Unreachable:
        """Run a read, a few times if need be, and return the last outcome."""
        retrying = self._retrying(retry_if_result(_passes_by), _last_outcome)
        return retrying(lambda: self.ask(call, read, silence_of, decided))

    def insist(self, act: Callable[[], T]) -> T:
        """Do something idempotent, a few times if need be, and let the last error out."""
        return self._retrying(retry_if_exception(_passes), None)(act)

    def _retrying(
        self,
        retry: retry_if_result | retry_if_exception,
        give_up: Callable[[RetryCallState], object] | None,
    ) -> Retrying:
        wait = wait_random_exponential(multiplier=self.config.retry_seconds, max=self.config.retry_seconds_max)
        return Retrying(
            retry=retry,
            wait=wait,
            stop=stop_after_attempt(self.config.read_attempts),
            retry_error_callback=give_up,
            reraise=True,
        )

    def _cli_file(self) -> CliFile:
        binary = process.find_cli(self.config.binary, process.inherited_environment())
        try:
            facts = binary.stat() if binary else None
        except OSError:
            facts = None
        return (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns) if facts else ()

    def _run(self, call: Call) -> Finished:
        binary = process.find_cli(self.config.binary, process.inherited_environment())
        if binary is None:
            return Finished(ending=Ending.UNSTARTABLE, code=errno.ENOENT, duration_ms=0)
        environment = self._environment()
        finished = process.run(
            [str(binary), *call.arguments],
            environment=environment,
            limit_seconds=call.limit_seconds,
            output_bytes_max=call.output_bytes_max or self.config.output_bytes_max,
            boot_deadline=call.boot_deadline,
        )
        # From here on nothing that is parsed, quoted or kept can hold the key, whoever gave it.
        key = environment.get(process.API_KEY)
        return replace(finished, stdout=without_key(finished.stdout, key), stderr=without_key(finished.stderr, key))

    def _environment(self) -> dict[str, str]:
        inherited = process.inherited_environment()
        return process.cli_environment(inherited, self.config.environment, self.config.api_key)

    def _discretion(self) -> Discretion:
        return Discretion(
            api_key=self._environment().get(process.API_KEY),
            marker_prefix=self.config.marker_prefix,
            stream_bytes_max=self.config.evidence_bytes_max,
        )


def printed_of(finished: Finished) -> Printed:
    """Decode what an exited CLI left."""
    out, err = (stream.decode("utf-8", "replace") for stream in (finished.stdout, finished.stderr))
    return Printed(exit_code=finished.code, stdout=out, stderr=err, cut=finished.cut)


def silence_of(finished: Finished) -> Unreachable:
    """Say why a call that did not come to its own end told nothing."""
    match finished.ending:
        case Ending.LATE:
            return Unreachable(Trouble.TIMEOUT, "not started: the deadline had passed")
        case Ending.UNSTARTABLE:
            return Unreachable(Trouble.CLI_MISSING, f"the CLI could not be started: {os.strerror(finished.code)}")
        case Ending.TIMED_OUT:
            return Unreachable(Trouble.TIMEOUT, f"killed at its limit after {finished.duration_ms} ms")
        case Ending.SIGNALLED:
            return Unreachable(Trouble.UNREADABLE, f"the CLI died of signal {finished.code}")
        case Ending.LOST | Ending.EXITED:
            return Unreachable(Trouble.UNREADABLE, "the call's supervisor left no report")


def uncreated(finished: Finished) -> CreateOutcome:
    """Judge a `create` that did not come to its own end: unless it was never started, a job may exist."""
    silence = silence_of(finished)
    if finished.ending in (Ending.LATE, Ending.UNSTARTABLE):
        return NotSent(silence.trouble, silence.reason)
    return Unknown(silence.reason)


def word_of(outcome: object) -> str:
    """Return one word for an outcome, with the trouble where there is any."""
    trouble = getattr(outcome, "trouble", None)
    if isinstance(outcome, bool | str):
        return "version" if isinstance(outcome, str) else "yes" if outcome else "no"
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(outcome).__name__).lower()
    return f"{word}:{trouble}" if trouble else word


def _passes_by(outcome: object) -> bool:
    return isinstance(outcome, Unreachable) and outcome.trouble in PASSING


def _passes(error: BaseException) -> bool:
    return isinstance(error, StashDamaged) or (isinstance(error, StashUnavailable) and error.trouble in PASSING)


def _last_outcome(state: RetryCallState) -> object:
    return state.outcome.result() if state.outcome else None
