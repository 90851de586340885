"""The documents that are measured with: the samples of the demo, two of them photographs, each with its portal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from uuid import UUID

from reconciler.local.samples import SCHEMAS, generate
from worker.contract import Payload, parse_payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One document on the disk, and what is asked for."""

    name: str
    path: Path
    mime_type: str
    schema_name: str

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return self.path.read_bytes()

    def payload(self, number: int = 0) -> Payload:
        """The payload of the paper, as a job of its own."""
        return parse_payload(self._payload(UUID(int=number + 1)))

    def _payload(self, job_id: UUID) -> dict[str, Any]:
        schema = {"id": "bench", "name": self.schema_name, "version": 1}
        return {
            "job_id": str(job_id),
            "user_id": str(UUID(int=1)),
            "portal_schema": schema | {"schema_definition": SCHEMAS[self.schema_name]},
            "input": {"raw_path": f"blobs/{job_id}", "mime_type": self.mime_type, "original_filename": self.path.name},
            "storage": {"bucket": "bench", "region": "bench", "endpoint": "https://127.0.0.1"},
        }


def papers(folder: Path) -> list[Paper]:
    """The samples that can be read, written into the folder."""
    return [
        Paper(name=one.path.stem, path=one.path, mime_type=one.mime_type, schema_name=one.schema_name)
        for one in generate(folder)
        if one.expected_error is None
    ]


def pile(of: Sequence[Paper], count: int) -> Iterator[Paper]:
    """So many documents, the papers by turns."""
    return islice(cycle(of), count)
