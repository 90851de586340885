"""Apps, and the commands beside them."""

import json
import re
from pathlib import Path

import pytest

from tests.local.camber.tool import Tool

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    app = {
        "name": "hello-world",
        "title": "Hello",
        "engineType": "MPI",
        "description": "",
        "command": "echo ${who} [$REPO_DIR] [${RANDOM}] $$PPID $(echo sub) ${JOB_ID} ${greeting}",
        "spec": [{"type": "Input", "name": "greeting", "defaultValue": "hi"}, {"type": "Input", "name": "who"}],
        "jobConfig": [{"label": "Node Size", "defaultValue": "XSMALL"}],
        "tags": ["one", {"name": "two"}],
    }
    file = tmp_path / "app.json"
    file.write_text(json.dumps(app))
    return file


def test_the_screen_of_a_created_app_byte_for_byte(tool: Tool, definition: Path) -> None:
    shown = tool.out("app", "create", "--file", str(definition))

    (stamp,) = re.findall(STAMP, shown)
    no_trailing_blank = ""
    assert (
        shown
        == f"""
App created successfully

======================Application Information======================

Name:                hello-world
Title:               Hello
Engine Type:         MPI
Description:         N/A
Job Config:          {no_trailing_blank}
  Node Size: XSMALL
Command:             {json.loads(definition.read_text())["command"]}
Version:             N/A
Created At:          {stamp}
Author:              local
Tags:                one, two
Upstream Apps:       N/A
Downstream Apps:     N/A

===================================================================

"""
    )
    assert tool.out("app", "describe", "hello-world") == shown.partition("successfully\n")[2]


def test_a_run_gets_its_command_filled_in_before_bash_sees_it(tool: Tool, definition: Path) -> None:
    tool.out("app", "create", "--file", str(definition))
    shown = tool.out("app", "run", "hello-world", "--input", "who=you=me", "--node-size", "SMALL", "--num-nodes", "2")
    job_id = int(re.findall(r"^Job ID: (\d+)$", shown, re.MULTILINE)[0])
    tool.finished(job_id)
    job = tool.job(job_id)

    assert job["command"] == "echo you=me [] [] $ $(echo sub) ${JOB_ID} hi"
    assert tool.logs(job_id) == f"you=me [] [] $ sub {job_id} hi\n"
    assert (job["node_size"], job["num_nodes"], job["mount_dir"]) == ("SMALL", 2, "")


def test_an_app_is_created_once_listed_and_deleted(tool: Tool, definition: Path) -> None:
    tool.out("app", "create", "--file", str(definition), "--output", "json")
    again = tool.run("app", "create", "--file", str(definition))
    listed = tool.out("app", "list")
    tool.configure(app_overwrite="true")

    assert again.stdout == b"API error: code=2, message=Failed to create app\n"
    assert listed.startswith("Name      : hello-world\nTitle     : Hello\n")
    assert tool.run("app", "create", "--file", str(definition)).returncode == 0
    assert "deleted successfully" in tool.out("app", "delete", "hello-world")
    assert tool.out("app", "list") == ""


def test_deleting_what_is_not_there_is_told_twice(tool: Tool) -> None:
    failed = tool.run("app", "delete", "none")

    assert failed.returncode == 1
    assert failed.stdout == b"API error: code=500, message=Failed to delete app\n" * 2
    assert failed.stderr.count(b"Failed to delete app") == 1


def test_somebody_elses_app_can_be_run_but_neither_replaced_nor_deleted(tool: Tool, definition: Path) -> None:
    tool.out("app", "create", "--file", str(definition))
    config = json.loads((tool.home / "config.json").read_text())
    (tool.home / "config.json").write_text(json.dumps({**config, "accounts": {"theirs": "other"}}))
    create = tool.run("app", "create", "--file", str(definition), CAMBER_API_KEY="theirs")

    assert create.stdout == b"API error: code=403, message=You are not the owner of this app\n"
    assert tool.run("app", "delete", "hello-world", CAMBER_API_KEY="theirs").returncode == 1
    assert tool.run("app", "run", "hello-world", CAMBER_API_KEY="theirs").returncode == 0


@pytest.mark.parametrize(
    ("text", "stdout"),
    [
        ('{"name": "x", "command": "true"}', b"API error: code=1, message=Validation failed\n"),
        ('{"name": "Upper", "title": "x", "command": "true"}', b"API error: code=1, message=Validation failed\n"),
        ("[]", b""),
        ("{", b""),
    ],
)
def test_a_definition_that_cannot_be_is_refused(tool: Tool, tmp_path: Path, text: str, stdout: bytes) -> None:
    (tmp_path / "bad.json").write_text(text)
    failed = tool.run("app", "create", "--file", str(tmp_path / "bad.json"))

    assert (failed.returncode, failed.stdout) == (1, stdout)
    assert failed.stderr.startswith(b"Error: ")


def test_the_help_of_run_is_the_one_that_was_captured(tool: Tool) -> None:
    failed = tool.run("app", "run", "none")

    assert failed.stdout == b"API error: code=10, message=App not found\n"
    assert (
        failed.stderr.decode().partition("\n")[2]
        == """\
Usage:
  camber app run [flags]

Flags:
  -h, --help                help for run
      --input stringArray   Input in key=value format. Repeat for multiple inputs.
      --node-size string    Node size for the job
      --num-nodes int32     Number of nodes for the job
      --output string       output format (e.g. json)
      --with-gpu            Whether to use GPU

Global Flags:
      --api-key string   API key for authentication (also set via CAMBER_API_KEY env var)

"""
    )


@pytest.mark.parametrize("word", ["agent", "chat", "engine", "login", "tag", "team", "update"])
def test_the_other_commands_are_there_with_their_help(tool: Tool, word: str) -> None:
    assert f"\n  {word} " in tool.out("--help")
    assert f"Usage:\n  camber {word} [" in tool.out(word)


def test_engines_and_teams(tool: Tool) -> None:
    assert {"name": "mpi"} in json.loads(tool.out("engine", "list", "--output", "json"))
    assert json.loads(tool.out("team", "list", "--output", "json")) == []
