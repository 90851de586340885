"""Our worker: the whole pipeline over a document, without a store.

python -m bench.documents.readers.worker_reader OPTIONS [FOLDER]

OPTIONS is the payload's `options` as JSON; the portal files go to FOLDER where one is given.
"""

import json
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.documents.readers.protocol import Answer, Stopwatch, decline, serve
from worker.contract import ContractError, Payload, parse_payload
from worker.findings import findings_json
from worker.pipeline import process
from worker.processors.ocr import Engine, Line
from worker.processors.picture import Picture
from worker.settings import read_settings
from worker.stages import Stages
from worker.tools import Tools, load

_SCHEMA = {
    "target_width": 1240,
    "target_height": 1754,
    "target_dpi": 150,
    "max_kb": 4000,
    "filename_pattern": "{job_id}",
    "output_format": "jpeg",
    "quality": 90,
}


class _Timed:
    """The engine under a stopwatch, which runs whenever the engine reads, however often a document is read."""

    def __init__(self, engine: Engine, watch: Stopwatch) -> None:
        self._engine, self._watch = engine, watch

    def read(self, picture: Picture) -> Sequence[Line]:
        with self._watch.running():
            return self._engine.read(picture)


def main(options: Mapping[str, Any], folder: Path | None) -> None:
    """Load the models, then answer; decline where the worker does not know the options."""
    try:
        _payload(options)
    except ContractError as error:
        decline(str(error))
        return
    settings = read_settings(os.environ)
    tools = load(settings)

    def read(path: Path) -> Answer:
        watch, stages = Stopwatch(), Stages()
        timed = Tools(_Timed(tools.engine, watch), tools.orientation)
        made = process(path.read_bytes(), _payload(options), timed, settings, stages, datetime.now(UTC))
        if folder:
            (folder / path.with_suffix(".jpg").name).write_bytes(made.portal)
        return _answer(findings_json(made.findings), stages.timings, watch)

    serve("worker", read)


def _payload(options: Mapping[str, Any]) -> Payload:
    payload = {
        "job_id": str(uuid.uuid4()),
        "user_id": str(uuid.uuid4()),
        "portal_schema": {"id": "bench", "name": "bench", "version": 1, "schema_definition": _SCHEMA},
        "input": {"raw_path": f"blobs/{uuid.uuid4()}", "mime_type": "image/png", "original_filename": "page.png"},
        "storage": {"bucket": "bench", "region": "bench", "endpoint": "https://127.0.0.1"},
    }
    return parse_payload(payload | ({"options": dict(options)} if options else {}))


def _answer(result: Mapping[str, Any], timings: Mapping[str, int], watch: Stopwatch) -> Answer:
    return Answer(
        texts=[line["text"] for line in result["ocr"]["lines"]],
        text=result["ocr"]["text"],
        seconds=watch.seconds,
        cpu_seconds=watch.cpu_seconds,
        quarter_turns=result["orientation"]["quarter_turns"],
        score=result["quality"]["score"],
        fields=_fields(result),
        stages={stage: milliseconds / 1000 for stage, milliseconds in timings.items()},
    )


def _fields(result: Mapping[str, Any]) -> dict[str, str] | None:
    """The values by name that the worker made out, where it makes out any."""
    found = result.get("fields")
    if found is None:
        return None
    named = found.items() if isinstance(found, Mapping) else ((one["name"], one) for one in found)
    return {name: str(one["value"] if isinstance(one, Mapping) else one) for name, one in named}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
