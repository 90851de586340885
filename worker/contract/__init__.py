"""What travels between the reconciler and the worker: payload, run file, frame. The single definition.

Law: standard library only; the one room of the worker that the reconciler enters.

- A *payload* is one document to process, as the product's API describes it.
- A *run file* is what one Camber job reads: its documents, each with the attempt it is processed for and the grants
  (presigned URLs) it may use.
- An *inbox object* is what a run that lingers is given after that.
- A *frame* is one line on STDOUT that carries one attempt's verdict: ids, codes, figures, keys, sizes and hashes,
  checksummed. Text, field values and file names travel only in the attempt's result object.

    payload.py   payload, schema, run file, and the keys of a document's objects
    frame.py     encode and decode frames
    linger.py    how a run stays after its batch, and its last word
    inbox.py     what it is given meanwhile
    legacy.py    read answers to legacy payloads, older shapes among them
    paths.py     which objects a document may be read from
    errors.py    the error table
    strict.py    reads untrusted JSON, field by field
"""

from worker.contract.errors import ERRORS, ErrorCode, ErrorKind, Fault, Retry, Stage
from worker.contract.frame import (
    Artifact,
    Failed,
    Frame,
    PortalFile,
    Succeeded,
    decode_frames,
    encode_frame,
    frame_of_result,
    read_failed,
    read_portal,
)
from worker.contract.inbox import Inbox, inbox_json, parse_inbox
from worker.contract.legacy import LegacyAnswer, read_legacy_answer
from worker.contract.linger import Linger, decode_leaving, encode_leaving
from worker.contract.paths import USER_PATHS, check_patterns, raw_path_allowed
from worker.contract.payload import (
    ARTIFACTS,
    BATCH_MAX,
    CONTROL_FILE,
    DOCUMENT_TYPES,
    SUFFIXES,
    Attempt,
    Document,
    Grants,
    Options,
    Payload,
    RunFile,
    Schema,
    object_keys,
    parse_batch,
    parse_payload,
    parse_schema,
    payload_json,
    run_json,
)
from worker.contract.strict import UNSTORABLE, ContractError, Reader

__all__ = [
    "ARTIFACTS",
    "BATCH_MAX",
    "CONTROL_FILE",
    "DOCUMENT_TYPES",
    "ERRORS",
    "SUFFIXES",
    "UNSTORABLE",
    "USER_PATHS",
    "Artifact",
    "Attempt",
    "ContractError",
    "Document",
    "ErrorCode",
    "ErrorKind",
    "Failed",
    "Fault",
    "Frame",
    "Grants",
    "Inbox",
    "LegacyAnswer",
    "Linger",
    "Options",
    "Payload",
    "PortalFile",
    "Reader",
    "Retry",
    "RunFile",
    "Schema",
    "Stage",
    "Succeeded",
    "check_patterns",
    "decode_frames",
    "decode_leaving",
    "encode_frame",
    "encode_leaving",
    "frame_of_result",
    "inbox_json",
    "object_keys",
    "parse_batch",
    "parse_inbox",
    "parse_payload",
    "parse_schema",
    "payload_json",
    "raw_path_allowed",
    "read_failed",
    "read_legacy_answer",
    "read_portal",
    "run_json",
]
