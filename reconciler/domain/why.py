"""Why a job is where it is, what must happen, and what a person can do: told of rows that were read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

_NOTHING = "Nothing: it goes on by itself."
_CANCEL = "`reconciler cancel {id}` if it is no longer wanted."
_LOOK = "`reconciler run-log {run}` shows what it prints."
OPEN: dict[str, tuple[str, str]] = {
    "held": ("An operator releases it.", "Mend the cause, then `reconciler release {id}`."),
    "run_held": (
        "An operator decides what becomes of its run.",
        "`reconciler release {run}` to look for it again, with --give-up to try its jobs in another one.",
    ),
    "no_daemon": ("A daemon runs.", "Start `reconciler run`, or see why it stopped: its log, `reconciler doctor`."),
    "requested": ("The daemon carries the request out at its next pass.", _NOTHING),
    "launching": ("The CLI answers.", _NOTHING),
    "launch_unknown": (
        "Its Camber job is found in the list, or enough complete lists miss it.",
        "Wait. Never submit it again by hand: that is how documents are paid for twice.",
    ),
    "queued": ("Camber starts it.", "Wait, or look at Camber's dashboard for what is in front."),
    "running": ("The worker tells of this document.", _LOOK),
    "collecting": ("Its result is verified, or the grace for late logs ends.", _LOOK),
    "run_over": ("An operator asks for a rerun.", "`reconciler rerun {id}`."),
    "upload": ("The product finishes the upload.", "See whether the product's upload failed. " + _CANCEL),
    "backing_off": ("The pause ends; then it is tried again.", "`reconciler job {id}` shows the fault. " + _CANCEL),
    "not_before": ("Its time comes.", "`reconciler rerun {id}` makes it due at once."),
    "older_launch": ("The earlier launch is decided.", "`reconciler runs --state unknown` shows it."),
    "no_recipients": ("AGE_RECIPIENTS is set.", "Set it, and start the daemon again."),
    "breaker_open": ("The dependency answers again.", "`reconciler doctor` says what is wrong with it."),
    "budget": ("The day ends, UTC.", "DAILY_CREDITS_MAX sets what a day may cost."),
    "turn": ("A slot is free and its user's turn has come.", "Wait; RUN_SLOTS and BATCH_MAX set how much fits."),
}
"""By the reason of the view why_waiting: what must happen, and what you can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is told of one job."""

    job_id: UUID
    status: str
    code: str
    reason: str
    must_happen: str
    you_can: str
    since_seconds: float | None = None
    until_seconds: float | None = None
    run_id: UUID | None = None


def answer(job_id: UUID, end: Mapping[str, Any], open_job: Mapping[str, Any] | None) -> Answer:
    """The answer for a job, by how it ended and by its row of why_waiting, which only an open one has."""
    return _of_open(job_id, end, open_job) if open_job else _of_ended(job_id, end)


def _of_open(job_id: UUID, end: Mapping[str, Any], why: Mapping[str, Any]) -> Answer:
    must_happen, you_can = OPEN[why["code"]]
    return Answer(
        job_id=job_id,
        status=end["status"],
        code=why["code"],
        reason=why["reason"],
        must_happen=must_happen,
        you_can=you_can.format(id=job_id, run=why["run_id"]),
        since_seconds=why["since_seconds"],
        until_seconds=why["until_seconds"],
        run_id=why["run_id"],
    )


def _of_ended(job_id: UUID, end: Mapping[str, Any]) -> Answer:
    code, reason, you_can = _ending(job_id, end)
    asked = end["rerun_requested"] or end["cancel_requested"]
    return Answer(
        job_id=job_id,
        status=end["status"],
        code=code,
        reason=reason + (" A request is still to be carried out." if asked else ""),
        must_happen=OPEN["requested"][0] if asked else "Nothing: it is over.",
        you_can=you_can,
        since_seconds=end["since_seconds"],
    )


def _ending(job_id: UUID, end: Mapping[str, Any]) -> tuple[str, str, str]:
    """The reason in one word and in plain words, and what can be done."""
    who = end["actor"] or end["session_user_name"] or "nobody knows who"
    match end["status"]:
        case "completed":
            fetch = f"`reconciler fetch {job_id} --to FOLDER` brings it here."
            if not end["has_document"]:
                return "completed", "It was completed; its document is no longer kept.", f"`reconciler rerun {job_id}`."
            return "completed", "It is completed: its document was verified and counted.", fetch
        case "failed":
            error = end["error_details"]
            stale = " The document of before is kept, marked stale." if end["stale"] else ""
            tries = f" after {end['attempt_count']} of {end['max_attempts']} tries" if end["attempt_count"] else ""
            text = f"It failed{tries} with {error.get('code')}: {error.get('message')}.{stale}"
            return str(error.get("code")), text, f"{error.get('advice', '')} Then `reconciler rerun {job_id}`.".strip()
        case _:
            text = f"It was cancelled by {who}: {end['reason'] or 'no reason was given'}."
            return "cancelled", text, f"`reconciler rerun {job_id}` starts it afresh."
