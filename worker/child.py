"""The process that opens documents: one after another, with models loaded once, and nothing worth stealing in it.

It gets bytes and a payload on its standard input, a socket, and answers there. It has neither links nor credentials,
and whatever a document does to it, only that document is lost: the parent watches it from outside.
"""

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import cv2

from worker.confinement import confine, limit_growth, peak_bytes
from worker.contract import Failed, Stage, parse_payload
from worker.faults import EngineError
from worker.findings import findings_json
from worker.pipeline import Made, process
from worker.settings import Settings
from worker.stages import Stages
from worker.tools import Tools, checked_tools
from worker.verdict import judged
from worker.wire import Incoming, Message

_PART = 1 << 20
_MB = 1 << 20


def main(settings: Settings, make_tools: Callable[[Settings], Tools] = checked_tools) -> int:
    """Serve the parent until it hangs up; returns the exit code."""
    confine()
    # It too would count the host's cores, and reads no variable.
    cv2.setNumThreads(settings.threads)
    with socket.socket(fileno=os.dup(0)) as line:
        # No library may read from where the documents come.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        # Where the parent has hung up, nobody waits for an answer.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            return _serve(line, settings, make_tools)
        return 0


def _serve(line: socket.socket, settings: Settings, make_tools: Callable[[Settings], Tools]) -> int:
    try:
        tools = make_tools(settings)
    except (EngineError, OSError) as error:
        # Anything else ends the process with its traceback in the run's log; the parent notices.
        _send(line, {"kind": "broken", "reason": str(error)[:400]})
        return 1
    # Twice what it may hold: the parent's look at its memory is the rule, this stops a single leap past it.
    limit_growth(settings.memory_mb_max * _MB)
    _send(line, {"kind": "ready"})
    for order in _received(line):
        _send(line, *_answer(order, tools, settings, line))
    return 0


def _send(line: socket.socket, header: Mapping[str, Any], parts: tuple[bytes, ...] = ()) -> None:
    line.sendall(Message(header, parts).encoded())


def _received(line: socket.socket) -> Iterator[Message]:
    incoming = Incoming()
    while data := line.recv(_PART):
        incoming.feed(data)
        while message := incoming.next():
            yield message


def _answer(
    order: Message, tools: Tools, settings: Settings, line: socket.socket
) -> tuple[Mapping[str, Any], tuple[bytes, ...]]:
    def tell(stage: Stage) -> None:
        _send(line, {"kind": "stage", "stage": stage})

    payload, now = parse_payload(order.header["payload"]), datetime.fromisoformat(order.header["now"])
    stages = Stages(settings.limits, tell)
    outcome = judged(payload.job_id, stages, lambda: process(order.parts[0], payload, tools, settings, stages, now))
    measured = {"timings": dict(stages.timings), "peak_mb": peak_bytes() // _MB}
    match outcome:
        case Failed():
            return {"kind": "failed", "failed": asdict(outcome)} | measured, ()
        case Made():
            return _summary(outcome) | measured, (_findings(outcome), outcome.preview, outcome.portal)


def _summary(made: Made) -> dict[str, Any]:
    return {
        "kind": "done",
        "quality_score": made.findings.quality.score,
        "ocr_confidence": round(made.findings.text.reading.confidence, 4),
        "figures": asdict(made.figures),
        "filename": made.findings.filename,
        "warnings": list(made.warnings),
    }


def _findings(made: Made) -> bytes:
    return json.dumps(findings_json(made.findings), ensure_ascii=False, separators=(",", ":")).encode()
