"""The answers in words: version, account, create, the screens of jobs, logs, and errors."""

import re
from collections.abc import Iterator

from reconciler.local.camber.learning.remarks import Lesson, Remark, Unclear
from reconciler.local.camber.learning.saved import Saved

_VERSION = re.compile(r"Camber (\S+) - (\S+)\n")
_CREATED = {
    "lines": re.compile(r"Job created successfully\nStatus: Submitted\nJob ID: \d+\n"),
    "padded": re.compile(r"Job created successfully\nStatus: {14}Submitted\nJob ID: {14}\d+\n"),
    "line": re.compile(r"Job created successfully\. Status: Submitted\. Job ID: \d+\n"),
    "old": re.compile(r"Job \d+ created and queued successfully\n"),
}
_API_ERROR = re.compile(r"^API error: code=(\d+), message=([^\n]*)$", re.MULTILINE)
_ON_STDERR = re.compile(r"^Error: ([^\n]*)$", re.MULTILINE)
_NOT_THERE = re.compile(r"not found|not exist|not belong|no such", re.IGNORECASE)
_LABELS = ("Job ID", "Status", "Job Type", "Node Size", "Command", "With GPU", "Number of Nodes", "Start Time")
_ROW = re.compile(r"^([A-Z][A-Za-z ]{1,19}):( *)", re.MULTILINE)
# What the emulator says itself, whatever its knobs.
_AS_EVER = frozenset(
    {
        ("job logs", "API error: code=15, message=Failed to issue sts to get logs: job not belong to user"),
        ("job logs", "API error: code=2, message=job status is not completed, failed, or running"),
        ("app create", "API error: code=403, message=You are not the owner of this app"),
        ("app create", "API error: code=1, message=Validation failed"),
        ("app delete", "API error: code=500, message=Failed to delete app"),
    }
)
# The doctor's own word in the log of its one job.
_PROBE = re.compile(r"^(.*)rq-[a-z0-9-]{1,60}-doctor-[0-9a-f]{12}$", re.MULTILINE)
_OPEN_ENDS = re.compile(r"^(?:Duration|Finish Time): +N/A$", re.MULTILINE)
_TABLE = re.compile(r"Name {37}Type {17}Size\n---- {37}---- {17}----\n")


def of_version(saved: Saved) -> Iterator[Remark]:
    """What the tool calls itself."""
    match = _VERSION.fullmatch(saved.stdout)
    if match is None:
        yield Unclear(saved.name, f"the version is told in another form: {saved.stdout[:60]!r}")
        return
    yield Lesson(saved.name, "version", match[1])
    yield Lesson(saved.name, "commit", match[2])


def of_account(saved: Saved) -> Iterator[Remark]:
    """Which of the two screens `me` prints."""
    if not re.match(r"\n?={22}User Information={22}\n", saved.stdout):
        yield Unclear(saved.name, "it is neither screen of `me`")
        return
    yield Lesson(
        saved.name, "me_form", "new" if re.search(r"^=+Teams Information=", saved.stdout, re.MULTILINE) else "old"
    )


def of_create(saved: Saved) -> Iterator[Remark]:
    """How a new job is told."""
    form = next((name for name, pattern in _CREATED.items() if pattern.fullmatch(saved.stdout)), None)
    if form is None:
        yield Unclear(saved.name, f"no knob plays this way to tell of a new job: {saved.stdout[:120]!r}")
    else:
        yield Lesson(saved.name, "create_form", form)


def of_job_screen(saved: Saved) -> Iterator[Remark]:
    """What the screens of `job get` and `job list` show of moments that have not come."""
    labels = [label for label, _ in _ROW.findall(saved.stdout)]
    if "Job ID" not in labels or "Status" not in labels:
        yield Unclear(saved.name, "it shows no job")
        return
    if _OPEN_ENDS.search(saved.stdout):
        yield Lesson(saved.name, "open_rows", "n/a")
    elif saved.kind == "job get" and "Finish Time" not in labels:
        yield Lesson(saved.name, "open_rows", "absent")
    if missing := [label for label in _LABELS if saved.kind == "job get" and label not in labels]:
        yield Unclear(saved.name, f"no knob leaves the rows {', '.join(missing)} out")


def of_logs(saved: Saved) -> Iterator[Remark]:
    """Whether anything stands before the lines of a log: only the doctor's own word in one tells."""
    found = _PROBE.search(saved.stdout)
    if found is None:
        yield Unclear(saved.name, "it does not hold the doctor's own word, so nothing can be said of its lines")
    elif re.search(r"\d", found[1]):
        yield Unclear(saved.name, f"no knob plays what changes before the lines of a log: {found[1]!r}")
    else:
        yield Lesson(saved.name, "log_prefix", found[1])


def of_table(saved: Saved) -> Iterator[Remark]:
    """Whether the table of `stash ls` is the one that the emulator prints."""
    if not _TABLE.match(saved.stdout):
        yield Unclear(saved.name, f"no knob plays this table: {saved.stdout[:120]!r}")


def of_failure(saved: Saved) -> Iterator[Remark]:
    """What is learnt from a call that failed."""
    on_stdout, on_stderr = _API_ERROR.search(saved.stdout), _ON_STDERR.search(saved.stderr)
    if on_stdout is None and on_stderr is not None and not _API_ERROR.search(saved.stderr):
        yield Lesson(saved.name, "client_errors_on_stdout", on_stderr[1] in saved.stdout)
    elif on_stdout is None:
        said = (saved.stdout + saved.stderr).strip()[:120]
        yield Unclear(saved.name, f"it failed with {saved.exit_code} in a form that is not known: {said!r}")
    elif saved.kind == "job get" and _NOT_THERE.search(on_stdout[2]):
        yield Lesson(saved.name, "unknown_job_code", int(on_stdout[1]))
        yield Lesson(saved.name, "unknown_job_message", on_stdout[2])
    elif (saved.kind, on_stdout[0]) not in _AS_EVER:
        fault = "create-fails-id-consumed" if saved.kind in ("job create", "app run") else "server-error"
        yield Unclear(saved.name, f"it failed with {on_stdout[0]!r}: play that with the fault `{fault}`")
    if saved.exit_code != 1:
        yield Unclear(saved.name, f"its exit code is {saved.exit_code}: play that with the fault `odd-exit`")
