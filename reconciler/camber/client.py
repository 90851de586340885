"""The job calls, one method each. Reads are tried again within bounds; `create` is tried once, whatever happens."""

from collections.abc import Callable
from datetime import datetime

from reconciler.camber import argv
from reconciler.camber.apps import AppCalls
from reconciler.camber.argv import JobRequest
from reconciler.camber.config import CamberConfig
from reconciler.camber.evidence import CliCall
from reconciler.camber.forker import SUPERVISOR_SECONDS_MAX
from reconciler.camber.parse.account import read_me, read_version
from reconciler.camber.parse.creation import read_create
from reconciler.camber.parse.jobs import read_get
from reconciler.camber.parse.listing import read_list
from reconciler.camber.parse.logs import read_logs
from reconciler.camber.runner import Call, Runner, silence_of, uncreated, utc_now
from reconciler.camber.stash import StashCalls
from reconciler.domain.observations import (
    Account,
    CreateOutcome,
    GetOutcome,
    ListOutcome,
    LogOutcome,
    Seen,
    Unreachable,
)


class CamberClient(StashCalls):
    """Camber, through its CLI. Holds no state; make one wherever another `record` is wanted."""

    def __init__(
        self, config: CamberConfig, record: Callable[[CliCall], None], *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        super().__init__(Runner(config, record, clock))
        self.apps = AppCalls(self._runner)
        self._limits = config.limits
        self._page_size = config.page_size

    @property
    def create_seconds_max(self) -> float:
        """How long `create` can take in all; a lease that covers it must be longer."""
        return self._limits.create + 2 * SUPERVISOR_SECONDS_MAX

    def version(self) -> str | Unreachable:
        """Return the CLI's version with its build: `1.0.40 - 2118c7a`. Evidence names it from then on."""
        call = Call(arguments=argv.version(), limit_seconds=self._limits.version)
        return self._runner.ask_again(call, self._runner.learning(read_version))

    def me(self) -> Account | Unreachable:
        """Return who the CLI is logged in as. A CLI that was replaced is asked for its version first, once."""
        if not self._runner.knows_cli:
            call = Call(arguments=argv.version(), limit_seconds=self._limits.version)
            self._runner.ask(call, self._runner.learning(read_version), silence_of)
        return self._runner.ask_again(Call(arguments=argv.me(), limit_seconds=self._limits.me), read_me)

    def create(self, request: JobRequest, *, boot_deadline: float) -> CreateOutcome:
        """Create a job, once. The CLI is never started from `boot_deadline` on, a reading of `boot_now`."""
        call = Call(
            arguments=argv.job_create(request),
            limit_seconds=self._limits.create,
            output_bytes_max=argv.CREATE_OUTPUT_BYTES_MAX,
            boot_deadline=boot_deadline,
        )
        return self._runner.ask(call, read_create, uncreated)

    def get(self, camber_job_id: int, *, known: str | None = None) -> GetOutcome:
        """Look at one job. Where the status word is still `known`, evidence is a hash only."""
        return self._runner.ask_again(
            Call(arguments=argv.job_get(camber_job_id), limit_seconds=self._limits.get),
            lambda printed: read_get(printed, camber_job_id),
            lambda outcome: not (isinstance(outcome, Seen) and outcome.job.status_word == known),
        )

    def list_page(self, page: int, size: int | None = None, *, decides: bool = True) -> ListOutcome:
        """Read one page of the account's jobs, from 1, newest first. A page that decides nothing leaves a hash only."""
        return self._runner.ask_again(
            Call(arguments=argv.job_list(page, size or self._page_size), limit_seconds=self._limits.list),
            read_list,
            lambda outcome: decides or isinstance(outcome, Unreachable),
        )

    def logs(self, camber_job_id: int, *, decides: bool = True) -> LogOutcome:
        """Read a job's log as it stands. A log that decides nothing leaves a hash only."""
        return self._runner.ask_again(
            Call(arguments=argv.job_logs(camber_job_id), limit_seconds=self._limits.logs),
            read_logs,
            lambda outcome: decides or isinstance(outcome, Unreachable),
        )
