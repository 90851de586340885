"""`job create`: created, provably not sent, or unknown. There is no fourth reading and no benefit of the doubt."""

import re

from reconciler.camber.parse.faults import find_fault
from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.structured import as_id, as_object, find_json, payload_of
from reconciler.camber.redaction import quote
from reconciler.domain.observations import Created, CreateOutcome, NotSent, Unknown

# Something must follow the number: an id at the very end of the output may be half of one, and so another job's.
_ID = re.compile(r"\bJob ?ID[ \t]*:?[ \t]*([0-9]{1,18})(?:\.?[ \t]*\n|[.,][ \t])", re.IGNORECASE)
# What may stand before the label on its line; nothing else may, and the banner's numbers have no label.
_BEFORE_ID = re.compile(r"\s*|.*\[y/n\][:?> \t]*|.*\bcreated(?: and queued)? successfully\b.*", re.IGNORECASE)
# An older wording, without the label.
_OLD = re.compile(r"^[ \t]*Job ([0-9]{1,18}) created(?: and queued)? successfully", re.MULTILINE | re.IGNORECASE)
_SUCCESS = re.compile(r"\b(?:created|submitted|queued|launched)\b", re.IGNORECASE)
_MAYBE_SENT = re.compile(r"API error|Job ?ID|created|submitted", re.IGNORECASE)


def read_create(printed: Printed) -> CreateOutcome:
    """Read `job create`."""
    fault = find_fault(printed)
    ids = _ids(printed.out)
    if printed.succeeded and fault is None and len(ids) == 1 and _SUCCESS.search(printed.out):
        return Created(ids.pop())
    if fault and fault.refuses_arguments and printed.exit_code and not _MAYBE_SENT.search(printed.everything):
        return NotSent(fault.trouble, str(fault))
    if fault and fault.refuses_login and not ids and not _SUCCESS.search(printed.out):
        return NotSent(fault.trouble, str(fault))
    said = str(fault) if fault else quote(printed.everything) or "nothing"
    return Unknown(f"exit code {printed.exit_code}, printed: {said}")


def _ids(text: str) -> set[int]:
    labelled = {
        int(match[1]) for match in _ID.finditer(text) if _BEFORE_ID.fullmatch(_line_before(text, match.start()))
    }
    return (labelled | {int(number) for number in _OLD.findall(text)} | _in_json(text)) - {0}


def _in_json(text: str) -> set[int]:
    """Return the id of an object that is whole: one that was cut anywhere is none."""
    fields = as_object(payload_of(find_json(text)))
    camber_job_id = as_id(fields.get("job_id")) if fields else None
    return {camber_job_id} if camber_job_id else set()


def _line_before(text: str, end: int) -> str:
    return text[text.rfind("\n", 0, end) + 1 : end]
