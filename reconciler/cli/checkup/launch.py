"""One tiny job, from create to log: the only check that costs credits."""

import time
from uuid import uuid4

from reconciler.camber import CamberClient, JobRequest, boot_now
from reconciler.cli.checkup.camber import FIXES, NO_ACCOUNT
from reconciler.cli.checkup.finding import Finding, failed, ok, skipped, warning
from reconciler.domain.observations import Account, Created, Log, NotSent, Page, Seen, Unreachable
from reconciler.settings import Settings

CREATE_WITHIN_SECONDS = 15
PAUSE_SECONDS = 3.0


def check_launch(client: CamberClient, account: Account | Unreachable, settings: Settings) -> list[Finding]:
    """Create a job that says a word, find it in the list, see it end, and read the word."""
    if isinstance(account, Unreachable):
        return [skipped("launch", NO_ACCOUNT)]
    marker = f"rq-{settings.service_env}-doctor-{uuid4().hex[:12]}"
    path = f"stash://{account.username}/{settings.stash_prefix}/{marker}"
    client.make_folder(path)
    request = JobRequest(command=f": {marker}; echo {marker}", stash_path=path, node_size=settings.node_size)
    outcome = client.create(request, boot_deadline=boot_now() + CREATE_WITHIN_SECONDS)
    match outcome:
        case Created(camber_job_id):
            found = _in_list(client, camber_job_id, marker, settings.settle_seconds)
            return [ok("create", f"job {camber_job_id}"), found, _log(client, camber_job_id, marker, settings)]
        case NotSent(trouble, reason):
            return [failed("create", reason, FIXES[trouble])]
        case _:
            fix = f"look for {marker} in `camber job list`: a job may have been made"
            return [failed("create", f"unknown: {outcome.reason}", fix)]


def _in_list(client: CamberClient, camber_job_id: int, marker: str, seconds: float) -> Finding:
    """Whether, how soon and by what the list shows the new job."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        page = client.list_page(1, decides=False)
        rows = page.rows if isinstance(page, Page) else ()
        row = next((row for row in rows if row.camber_job_id == camber_job_id), None)
        if row:
            seen = f"listed after {time.monotonic() - begun:.1f} s"
            if row.carries(marker):
                return ok("found by marker", seen)
            return warning("found by marker", f"{seen}, without the marker", "a lost reply costs `job get` calls")
        time.sleep(PAUSE_SECONDS)
    return failed("found by marker", f"not listed within {seconds:.0f} s", "raise SETTLE_SECONDS")


def _log(client: CamberClient, camber_job_id: int, marker: str, settings: Settings) -> Finding:
    """Whether the job ends and its log holds what it said."""
    ends_at = time.monotonic() + settings.queue_seconds
    while time.monotonic() < ends_at:
        seen = client.get(camber_job_id)
        if isinstance(seen, Seen) and seen.job.status.final:
            break
        time.sleep(PAUSE_SECONDS)
    ends_at = time.monotonic() + settings.log_grace_seconds
    while time.monotonic() < ends_at:
        log = client.logs(camber_job_id)
        if isinstance(log, Log) and marker in log.text.split():
            return ok("log", f"job {camber_job_id} said its word")
        time.sleep(PAUSE_SECONDS)
    return failed("log", f"job {camber_job_id} did not say its word", f"read `camber job logs {camber_job_id}`")
