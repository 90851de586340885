"""A client over a fake CLI, and the evidence that it leaves."""

import zlib
from datetime import UTC, datetime
from pathlib import Path

from reconciler.camber import CamberClient, CamberConfig, CliCall, JobRequest, Limits, boot_now
from reconciler.domain.observations import CreateOutcome
from tests.camber.corpus import FOLDER
from tests.camber.fakes import write_cli

KEY = "0123456789abcdef0123456789abcdef01234567"
MARKER = "rythmiq-a1b2"
REQUEST = JobRequest(command=f": {MARKER}; bash run.sh", stash_path="stash://jo/rythmiq/a1b2", node_size="SMALL")
# Counts its calls in a file beside it, and hangs out what it was asked.
COUNTING = 'echo call >>"$0.calls"; calls=$(wc -l <"$0.calls")'
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Desk:
    """One such client."""

    def __init__(self, folder: Path, body: str, **limits: float) -> None:
        self.cli = write_cli(folder, f"{COUNTING}\n{body}")
        self.evidence: list[CliCall] = []
        config = CamberConfig(
            binary=self.cli, api_key=KEY, limits=Limits(**limits), retry_seconds=0, marker_prefix="rythmiq-"
        )
        self.client = CamberClient(config, self.evidence.append, clock=lambda: NOON)

    @property
    def calls(self) -> int:
        calls = self.cli.with_name("camber.calls")
        return calls.read_text().count("\n") if calls.exists() else 0

    def create(self, seconds: float = 30) -> CreateOutcome:
        return self.client.create(REQUEST, boot_deadline=boot_now() + seconds)


def printing(name: str, exit_code: int = 0) -> str:
    return f"cat '{FOLDER / name}'; exit {exit_code}"


def text_of(stream: bytes | None) -> str:
    assert stream is not None
    return zlib.decompress(stream).decode()
