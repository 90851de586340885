"""The Camber under test: the local one, made to go wrong at will, or the real one, taken as it is."""

import os
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest

from reconciler.camber import CamberClient, CamberConfig, CliCall, JobRequest, Limits, boot_now
from reconciler.domain.observations import Account, Created, CreateOutcome, RemoteJob, Seen
from tests.local.camber.tool import Tool

KEY = "0123456789abcdef0123456789abcdef01234567"
_KEPT = ("PATH", "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy")

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One Camber, and a client of it that leaves its evidence here."""

    executable: Path
    sought: Path | None
    """What the client is told of it; None where it must find the CLI by itself."""
    environ: dict[str, str]
    tool: Tool | None
    """The emulator's own controls; None for the real Camber."""
    may_spend: bool
    wait_seconds_max: float
    evidence: list[CliCall] = field(default_factory=list)
    name: str = field(default_factory=lambda: uuid4().hex[:12])

    @property
    def is_real(self) -> bool:
        return self.tool is None

    @property
    def client(self) -> CamberClient:
        return self.client_with()

    def client_with(self, limits: Limits | None = None, *, read_attempts: int = 1) -> CamberClient:
        """A client of this Camber: one try a call, so that each test sees what the first one told."""
        config = CamberConfig(
            binary=self.sought,
            api_key=self.environ.get("CAMBER_API_KEY"),
            environment={name: value for name, value in self.environ.items() if name.startswith("CAMBER_LOCAL")},
            read_attempts=read_attempts,
            retry_seconds=0.01,
            limits=limits or Limits(),
        )
        return CamberClient(config, self.evidence.append)

    def raw(self, *arguments: str, answer: str = "y\n", **environ: str) -> "subprocess.CompletedProcess[bytes]":
        """One call without the client: it is about bytes."""
        return subprocess.run(
            [self.executable, *arguments],
            input=answer.encode(),
            env=self.environ | environ,
            capture_output=True,
            timeout=120,
            check=False,
        )

    def faults(self, *rules: dict[str, object]) -> None:
        """Let these go wrong from here on; against the real Camber the test ends here."""
        if self.tool is None:
            pytest.skip("needs faults on demand, which only the local Camber has")
        self.tool.plan(*rules)

    def configure(self, **knobs: object) -> None:
        """Turn knobs; against the real Camber the test ends here."""
        if self.tool is None:
            pytest.skip("needs the local Camber's knobs")
        self.tool.configure(**knobs)

    def spends_credits(self) -> None:
        """Say that the test creates jobs; against the real Camber that must be asked for."""
        if self.is_real and not self.may_spend:
            pytest.skip("creates jobs, which cost credits: set CONFORMANCE_SPEND_CREDITS=1")

    def account(self) -> Account:
        account = self.client.me()
        assert isinstance(account, Account), account
        return account

    def folder(self, name: str = "job") -> str:
        """A stash folder of this test's own."""
        return f"stash://{self.account().username}/conformance-{self.name}/{name}/"

    def request(self, command: str, name: str = "job") -> JobRequest:
        return JobRequest(command=command, stash_path=self.folder(name), node_size="XXSMALL", engine="base")

    def create(self, command: str = "true", name: str = "job", limits: Limits | None = None) -> CreateOutcome:
        self.spends_credits()
        return self.client_with(limits).create(self.request(command, name), boot_deadline=boot_now() + 60)

    def created(self, command: str = "true", name: str = "job") -> int:
        """The id of a job that was created."""
        outcome = self.create(command, name)
        assert isinstance(outcome, Created), outcome
        return outcome.camber_job_id

    def job(self, job_id: int) -> RemoteJob:
        seen = self.client.get(job_id)
        assert isinstance(seen, Seen), seen
        return seen.job

    def finished(self, job_id: int) -> RemoteJob:
        """The job once Camber will do no more for it."""
        return self.eventually(lambda: self.job(job_id), lambda job: job.status.final)

    def listed(self, name: str = "job") -> list[RemoteJob]:
        """The jobs that the first page shows of a folder of this test."""
        page = self.client.list_page(1, 50)
        folder = self.folder(name).split("/", 3)[3].rstrip("/")
        return [row for row in getattr(page, "rows", ()) if (row.mount_dir or "").rstrip("/") == folder]

    def eventually(self, look: Callable[[], Found], is_it: Callable[[Found], bool] = bool) -> Found:
        deadline = time.monotonic() + self.wait_seconds_max
        while not is_it(seen := look()):
            assert time.monotonic() < deadline, f"never happened; last seen: {seen!r}"
            time.sleep(5 if self.is_real else 0.05)
        return seen

    def with_executable(self, executable: Path | None) -> "Subject":
        """The same whose client is told of another executable, or of none."""
        return replace(self, sought=executable)


def job_id_of(shown: bytes) -> int:
    """The id on the screen of a create."""
    found = re.search(rb"^Job ID: +(\d+)$", shown, re.MULTILINE)
    assert found, shown
    return int(found[1])


def real_subject(executable: str, environ: dict[str, str]) -> Subject:
    kept = {name: environ[name] for name in (*_KEPT, "CAMBER_API_KEY") if name in environ}
    spend = environ.get("CONFORMANCE_SPEND_CREDITS") == "1"
    path = Path(executable)
    return Subject(executable=path, sought=path, environ=kept, tool=None, may_spend=spend, wait_seconds_max=3600)


def local_subject(home: Path) -> Subject:
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "CAMBER_API_KEY": KEY}
    tool = Tool(home=home, environ={"CAMBER_LOCAL_PROFILE": "instant"})
    tool.out("emulator", "configure")
    tool_path = home / "bin" / "camber"
    return Subject(
        executable=tool_path, sought=tool_path, environ=environ, tool=tool, may_spend=True, wait_seconds_max=60
    )
