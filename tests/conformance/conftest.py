"""Chooses what is tested: `CONFORMANCE_CAMBER_BIN` names a real CLI; without it the local Camber is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.subject import Subject, local_subject, real_subject


@pytest.fixture
def camber_under_test(tmp_path: Path) -> Iterator[Subject]:
    executable = os.environ.get("CONFORMANCE_CAMBER_BIN")
    if executable:
        subject = real_subject(executable, dict(os.environ))
        yield subject
        subject.raw("stash", "rm", "-rf", subject.folder("").rstrip("/"))
        return
    subject = local_subject(tmp_path / "camber")
    yield subject
    assert subject.tool is not None
    subject.tool.out("emulator", "faults", "--clear")
    subject.tool.out("emulator", "stop")

    assert subject.tool.processes() == []
