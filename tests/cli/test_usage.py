"""Wrong usage is one line too, and the shell can complete what is right."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reconciler.cli import app
from reconciler.cli.app import COMMANDS
from reconciler.domain.states import JobStatus

PROGRAM = Path(sys.executable).with_name("reconciler")


@pytest.mark.parametrize(
    "words",
    [
        ("frobnicate",),
        ("--frobnicate",),
        ("job",),
        ("job", "one", "two"),
        ("jobs", "--stauts", "failed"),
        ("jobs", "--limit", "0"),
        ("jobs", "--limit", "many"),
        ("schemas",),
        ("schemas", "frobnicate"),
        ("schemas", "show", "test", "newest"),
        ("fetch", "1234"),
        ("submit", "card.png"),
        ("submit", "card.png", "--schema", "test", "--user", "x", "--priority", "1000"),
        ("watch", "--seconds", "0"),
        ("worker",),
        ("worker", "frobnicate"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_that_names_the_help(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, list(words))

    assert (2, "") == (done.exit_code, done.stdout)
    assert len(done.stderr.splitlines()) == 1
    assert "--help`" in done.stderr


def test_no_command_at_all_is_answered_with_the_help() -> None:
    done = CliRunner().invoke(app, [])

    assert done.exit_code == 2
    assert all(name in done.output for name in COMMANDS)


def test_the_version_is_told() -> None:
    done = CliRunner().invoke(app, ["--version"])

    assert (0, "reconciler") == (done.exit_code, done.stdout.split()[0])


@pytest.mark.parametrize("command", ["up", "demo"])
@pytest.mark.parametrize("folder", ["/proc/nowhere", "/dev/null/below", "/etc/hostname"])
def test_a_folder_that_cannot_be_made(command: str, folder: str) -> None:
    done = CliRunner().invoke(app, [command, "--folder", folder])

    assert done.exit_code == 2
    assert done.stderr.startswith(folder)
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("reconciler sch", ["schemas"]),
        ("reconciler schemas ", ["list", "show", "add", "activate"]),
        ("reconciler jobs --sta", ["--status"]),
        ("reconciler jobs --status ", [*JobStatus]),
        ("reconciler runs --state hel", ["held"]),
        ("reconciler rerun --error-code CORR", ["CORRUPT_IMAGE"]),
    ],
)
def test_the_shell_completes_commands_options_and_values(typed: str, offered: list[str]) -> None:
    asked = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1)}

    done = subprocess.run(
        [PROGRAM],
        env=os.environ | asked | {"_RECONCILER_COMPLETE": "complete_bash"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (offered, "") == (done.stdout.split(), done.stderr)
