"""What the tests of the commands share: a call in this process, which costs no start of an interpreter."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from reconciler.cli import app
from tests.world import World

Call = Callable[..., Result]


@pytest.fixture
def call(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Call:
    """Calls a command with the world's settings; the exit code must be the one given."""
    monkeypatch.chdir(tmp_path_factory.mktemp("folder"))
    for name, value in world.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CAMBER_BIN", str(world.home / "camber"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object, code: int = 0) -> Result:
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exit_code == code, result.output + repr(result.exception)
        return result

    return run
