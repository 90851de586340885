"""Answer what stands on STDIN."""

import json
import logging
import sys
from collections.abc import Mapping

from worker.batch import ANSWERED, Batch
from worker.channel import Channel
from worker.contract import ContractError, ErrorCode, RunFile, parse_batch
from worker.faults import DocumentFault
from worker.result import legacy_line
from worker.settings import Settings
from worker.stop import Termination

INPUT_BYTES_MAX = 64 * 1024 * 1024
UNUSABLE = 2
"""Exit code for settings or a run file that cannot be used."""
_RUN_FIELDS = ("jobs", "run_id", "recipients", "control_url", "linger")


def answer(settings: Settings, environment: Mapping[str, str]) -> int:
    """Answer every document on STDOUT; returns the exit code."""
    channel, termination = Channel(), Termination()
    termination.listen()
    # Its warnings may quote a presigned URL.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    batch = Batch(settings, environment, channel.emit, termination)
    try:
        given = _read()
        return batch.run(given) if isinstance(given, RunFile) else batch.legacy(given)
    except ContractError as error:
        channel.emit(legacy_line(None, DocumentFault(error.code, str(error)).failed(), 0))
        return UNUSABLE if error.field.partition("[")[0].partition(".")[0] in _RUN_FIELDS else ANSWERED


def _read() -> RunFile | list[object]:
    text = sys.stdin.buffer.read(INPUT_BYTES_MAX + 1)
    if len(text) > INPUT_BYTES_MAX:
        raise ContractError(ErrorCode.PAYLOAD_INVALID, "payload", f"must have at most {INPUT_BYTES_MAX} bytes")
    if not text.strip():
        raise ContractError(ErrorCode.PAYLOAD_MISSING, "payload", "nothing came on standard input")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ContractError(ErrorCode.PAYLOAD_INVALID, "payload", "must be JSON") from None
    return parse_batch(value)
