"""`job logs`: the job's own bytes, which may look like anything."""

import re

from reconciler.camber.parse.faults import explain, find_fault
from reconciler.camber.parse.printed import Printed, without_banner
from reconciler.domain.observations import Log, LogOutcome, NoLog

# By its wording, what Camber answers for a job that is pending or cancelled.
_WRONG_STATE = re.compile(r"job status is not completed, failed,? or running", re.IGNORECASE)
_ONLY_AN_ERROR_CHARACTERS_MAX = 2000
_ERROR_BEGINNING = re.compile(r"\s*(?:Error: |API error: code=|authentication error)", re.IGNORECASE)
_COBRA_ERROR = re.compile(r"^Error: ", re.MULTILINE)


def read_logs(printed: Printed) -> LogOutcome:
    """Read `job logs`. Colours and carriage returns are the job's own and stay."""
    # With exit code 0 the log is believed, cut or not, unless the CLI complained on STDERR or printed an error alone.
    if printed.exit_code == 0 and not _COBRA_ERROR.search(printed.stderr) and not _is_only_an_error(printed):
        return Log(without_banner(printed.stdout), truncated=printed.cut)
    fault = find_fault(printed)
    if fault and fault.from_api and (_WRONG_STATE.search(fault.message) or fault.denies_job):
        return NoLog(str(fault))
    return explain(printed)


def _is_only_an_error(printed: Printed) -> bool:
    if len(printed.stdout) > _ONLY_AN_ERROR_CHARACTERS_MAX:
        return False
    lines = set(printed.out.strip().split("\n"))
    return len(lines) == 1 and bool(_ERROR_BEGINNING.match(lines.pop()))
