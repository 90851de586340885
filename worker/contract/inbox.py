"""One inbox object: further documents for a run that lingers."""

from dataclasses import dataclass
from typing import Any

from worker.contract.linger import TAKES_MAX
from worker.contract.payload import BATCH_MAX, Document, document_json, parse_document
from worker.contract.strict import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What a run is given while it lingers: the objects of one run are numbered from 1.

    Masters are encrypted to these `recipients`, whatever the run file says: keys may have been changed since.
    `next_url` is the presigned GET of the object after this one.
    """

    run_id: str
    number: int
    documents: tuple[Document, ...]
    recipients: tuple[str, ...]
    next_url: str


def inbox_json(inbox: Inbox) -> dict[str, Any]:
    """The object in the exact shape that `parse_inbox` reads."""
    return {
        "run_id": inbox.run_id,
        "number": inbox.number,
        "recipients": list(inbox.recipients),
        "next_url": inbox.next_url,
        "jobs": [document_json(document) for document in inbox.documents],
    }


def parse_inbox(value: object) -> Inbox:
    """Read an inbox object, whole or refused; raises ContractError naming the first wrong field."""
    read = Reader(value, "inbox")
    entries = read.items("jobs", count_max=BATCH_MAX)
    inbox = Inbox(
        run_id=read.uuid("run_id"),
        number=read.integer("number", 1, TAKES_MAX),
        documents=tuple(parse_document(entry, f"inbox.jobs[{index}]") for index, entry in enumerate(entries)),
        recipients=tuple(map(str, read.items("recipients", count_max=20))),
        next_url=read.text("next_url", length_max=8192),
    )
    read.done()
    return inbox
