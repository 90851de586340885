"""`python -m worker < payload.json`: answer every document on STDOUT. `python -m worker self-check`: read a known page.

Exit codes: 0 every document was answered; 1 the self-check failed; 2 settings or run file cannot be used; 3 the run was
abandoned; 143 terminated with documents left.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence

from worker.batch import ANSWERED, Batch
from worker.channel import Channel
from worker.contract import ContractError, ErrorCode, RunFile, parse_batch
from worker.faults import DocumentFault
from worker.processors.paddle import EngineError
from worker.result import legacy_line
from worker.settings import Settings, SettingsError, read_settings
from worker.stop import Termination
from worker.tools import Workshop

INPUT_BYTES_MAX = 64 * 1024 * 1024
SELF_CHECK_FAILED, UNUSABLE = 1, 2
_log = logging.getLogger("worker")


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one of the two commands; returns the exit code."""
    channel = Channel()
    _set_up_logs()
    try:
        settings = read_settings(environment)
    except SettingsError as error:
        sys.stderr.write(f"worker: settings cannot be used:\n{error}\n")
        return UNUSABLE
    match list(arguments):
        case []:
            return _answer(settings, channel)
        case ["self-check"]:
            return _self_check(settings)
        case _:
            sys.stderr.write("usage: python -m worker [self-check]\n")
            return UNUSABLE


def _set_up_logs() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    _log.setLevel(logging.INFO)
    # Its warnings may quote a presigned URL.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)


def _self_check(settings: Settings) -> int:
    try:
        Workshop(settings).tools()
    except (EngineError, OSError) as error:
        sys.stderr.write(f"worker: self-check failed: {error}\n")
        return SELF_CHECK_FAILED
    return ANSWERED


def _answer(settings: Settings, channel: Channel) -> int:
    termination = Termination()
    termination.listen()
    try:
        given = _read()
    except ContractError as error:
        channel.emit(legacy_line(None, DocumentFault(error.code, str(error)).failed(), 0))
        return UNUSABLE if error.field.startswith("jobs[") or error.field in _RUN_FIELDS else ANSWERED
    batch = Batch(settings, Workshop(settings).tools, channel.emit, termination)
    return batch.run(given) if isinstance(given, RunFile) else batch.legacy(given)


_RUN_FIELDS = ("jobs", "run_id", "recipients", "control_url")


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
