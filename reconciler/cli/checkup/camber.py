"""The CLI, the account behind it, its stash and its list of jobs."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from reconciler.camber import CamberClient, CamberError
from reconciler.camber.process import find_cli
from reconciler.cli.checkup.finding import Finding, failed, ok, skipped, warning
from reconciler.domain.observations import Absent, Account, Page, RemoteJob, Seen, Trouble, Unreachable

INSTALL = "install it (`curl -sL https://cli.cambercloud.com/install-v2.sh | bash`), or name it in CAMBER_BIN"
FIXES = {
    Trouble.CLI_MISSING: INSTALL,
    Trouble.LOGIN: "set CAMBER_API_KEY to a valid key of the account",
    Trouble.RATE_LIMITED: "wait, and call less often",
    Trouble.TIMEOUT: "look whether Camber is reachable from here; READ_LIMIT_SECONDS may be too short",
    Trouble.API_ERROR: "look whether Camber is reachable from here, and whether it has an outage",
    Trouble.UNREADABLE: "keep the answer with --save-transcripts: the CLI prints a form that is not known",
    Trouble.USAGE: "use another version of the CLI: this one refuses the arguments",
}
NO_ACCOUNT = "the account is not known"
LIST_PAGE_ROWS = 20
# Ids are one counter of the whole platform, at some tens of thousands; this one still fits 32 bits.
NEVER_ISSUED = 2_000_000_000


def check_cli(binary: Path | None) -> Finding:
    """Whether there is a CLI to call."""
    found = find_cli(binary, os.environ)
    return ok("CLI", str(found)) if found else failed("CLI", f"no executable at {binary or 'any known place'}", INSTALL)


def check_version(client: CamberClient) -> Finding:
    """Which CLI it is."""
    version = client.version()
    return _unreachable("CLI version", version) if isinstance(version, Unreachable) else ok("CLI version", version)


def check_account(account: Account | Unreachable) -> Finding:
    """Who we are to Camber."""
    if isinstance(account, Unreachable):
        return _unreachable("account", account)
    return ok("account", f"logged in as {account.username}")


def check_stash(client: CamberClient, account: Account | Unreachable, prefix: str) -> Finding:
    """Whether what is written to the stash can be read, and is gone once it is removed."""
    if isinstance(account, Unreachable):
        return skipped("stash", NO_ACCOUNT)
    folder = f"stash://{account.username}/{prefix}/doctor-{uuid4().hex}"
    begun = time.monotonic()
    try:
        _round_trip(client, folder)
        client.remove(folder)
        left = client.exists(folder)
    except CamberError as error:
        return failed("stash", str(error), f"look at {folder}, and remove it if it is there")
    if left:
        return failed("stash", "a removed folder is still there", f"remove {folder}")
    return ok("stash", f"wrote, read and removed in {time.monotonic() - begun:.1f} s")


def _round_trip(client: CamberClient, folder: str) -> None:
    with TemporaryDirectory(prefix="rythmiq-doctor-") as name:
        sent, back = Path(name) / "probe", Path(name) / "back"
        sent.write_text(uuid4().hex * 64)
        client.upload(sent, f"{folder}/probe")
        client.download(f"{folder}/probe", back)
        if sent.read_bytes() != back.read_bytes():
            raise CamberError("what came back is not what was sent")


def check_list(page: Page | Unreachable, client: CamberClient) -> Finding:
    """Whether the list has pages that follow each other: absence is proved by them."""
    if isinstance(page, Unreachable):
        return _unreachable("job list", page)
    newest = [row.camber_job_id for row in page.rows]
    if newest != sorted(newest, reverse=True):
        return failed("job list", f"not newest first: {newest[:5]} ...", FIXES[Trouble.UNREADABLE])
    if len(newest) < 2:
        return warning("job list", f"{len(newest)} jobs: too few to see pages", "check again once two jobs have run")
    return _pages(newest, client, page.total)


def _pages(newest: Sequence[int], client: CamberClient, total: int | None) -> Finding:
    pages = [client.list_page(number, 1) for number in (1, 2)]
    lost = next((page for page in pages if isinstance(page, Unreachable)), None)
    if lost:
        return _unreachable("job list", lost)
    first, second = ([row.camber_job_id for row in page.rows] for page in pages if isinstance(page, Page))
    if not first or not second or set(first) & set(second) or first[0] < second[0]:
        return failed("job list", f"page 1 is {first}, page 2 is {second}", "pages do not follow: report this CLI")
    return ok("job list", f"{total if total is not None else 'an unknown number of'} jobs, newest {newest[0]}")


def check_echo(page: Page | Unreachable) -> Finding:
    """Whether the list shows what a run is found by when the reply of create was lost."""
    if isinstance(page, Unreachable):
        return skipped("list shows runs", "the list could not be read")
    if not page.rows:
        return warning("list shows runs", "there is no job to see it by", "check again with --launch")
    folders, commands = (sum(bool(getattr(row, name)) for row in page.rows) for name in ("mount_dir", "command"))
    seen = f"of {len(page.rows)} jobs {folders} show mount_dir, {commands} show the command"
    if all(row.identified for row in page.rows):
        return ok("list shows runs", seen)
    fix = "nothing to do: such a job is opened with `job get`, which costs a call each time a reply was lost"
    return warning("list shows runs", seen, fix)


def check_unknown_job(client: CamberClient) -> Finding:
    """Whether the CLI says of a job that it is not there: a lost job is given up on such an answer alone."""
    outcome = client.get(NEVER_ISSUED)
    if isinstance(outcome, Absent):
        return ok("unknown job", f"told to be absent: {outcome.reason}")
    if isinstance(outcome, Seen):
        return warning(
            "unknown job", f"job {NEVER_ISSUED} is there", "ids grew beyond what is asked for here: report it"
        )
    if outcome.trouble in (Trouble.API_ERROR, Trouble.UNREADABLE):
        fix = "a job that is lost stays unknown with this CLI until somebody settles it: report the answer"
        return warning("unknown job", f"not told to be absent: {outcome.reason}", fix)
    return skipped("unknown job", "it could not be asked for")


def newest_created(page: Page | Unreachable) -> RemoteJob | None:
    """The newest job that shows when it was created."""
    rows = page.rows if isinstance(page, Page) else ()
    return next((row for row in rows if row.created_at), None)


def _unreachable(check: str, answer: Unreachable) -> Finding:
    return failed(check, f"{answer.trouble}: {answer.reason}", FIXES[answer.trouble])
