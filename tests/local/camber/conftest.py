"""A home for each test, and no process left when it ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.camber.tool import Tool


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    tool = Tool(home=tmp_path / "camber", environ={"CAMBER_LOCAL_PROFILE": "instant"})
    yield tool
    if tool.has_unfinished_jobs():
        tool.run("emulator", "stop")
    tool.end_idle_scheduler()
    if tool.processes():
        tool.run("emulator", "stop")

    assert tool.processes() == []
