"""Files to and from the stash."""

import json
from pathlib import Path

import pytest

from tests.local.camber.tool import Tool

TABLE = """\
Name                                     Type                 Size
----                                     ----                 ----
.git                                     directory
10-get-started                           directory
.gitignore                               file                 5
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "deep" / "deeper").mkdir(parents=True)
    (root / "a.txt").write_text("a")
    (root / "deep" / "b.pyc").write_text("b")
    (root / "deep" / "deeper" / "c.txt").write_text("c")
    return root


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_table(tool: Tool) -> None:
    for name in (".git", "10-get-started"):
        tool.out("stash", "mkdir", f"stash://local/{name}")
    tool.stash(".gitignore").write_text("*.pyc")

    assert tool.out("stash", "ls") == TABLE
    assert tool.out("stash", "ls", "stash://local/", "-a") == TABLE
    assert json.loads(tool.out("stash", "ls", "--output", "json"))[2] == {
        "name": ".gitignore",
        "type": "file",
        "size": 5,
    }


def test_a_path_that_is_not_there_is_not_found(tool: Tool) -> None:
    failed = tool.run("stash", "ls", "stash://local/none")

    assert failed.returncode == 1
    assert failed.stdout == b"API error: code=10, message=Path not found: stash://local/none\n"


def test_the_contents_of_a_folder_land_in_the_destination(tool: Tool, tree: Path) -> None:
    tool.out("stash", "cp", "-r", str(tree), "stash://local/fresh/prefix/")

    assert names(tool.stash("fresh/prefix")) == {"a.txt", "deep/b.pyc", "deep/deeper/c.txt"}
    assert "deep/deeper/c.txt" in tool.out("stash", "ls", "-r", "stash://local/fresh/prefix")


def test_patterns_are_left_out(tool: Tool, tree: Path) -> None:
    (tree / ".gitignore").write_text("# comment\ndeeper/\n")
    tool.out("stash", "cp", "-r", str(tree), "stash://local/x", "--exclude", "*.pyc", "--use-gitignore")

    assert names(tool.stash("x")) == {"a.txt", ".gitignore"}


def test_files_come_and_go_and_are_overwritten(tool: Tool, tmp_path: Path) -> None:
    source, back = tmp_path / "in.json", tmp_path / "back"
    source.write_text("one")
    tool.out("stash", "cp", str(source), "stash://local/x/payload.json")
    source.write_text("two")
    tool.out("stash", "cp", str(source), "stash://local/x/payload.json")
    tool.out("stash", "cp", "stash://local/x/payload.json", f"{back}/")
    tool.out("stash", "cp", "-r", "stash://local/x", "stash://local/y")

    assert (back / "payload.json").read_text() == "two"
    assert tool.stash("y/payload.json").read_text() == "two"
    assert tool.stash("x/payload.json").stat().st_mode & 0o777 == 0o644
    assert list((tool.home / "incoming").iterdir()) == []


def test_a_local_source_that_is_missing(tool: Tool) -> None:
    failed = tool.run("stash", "cp", "/no/such/file", "stash://local/x")

    assert failed.returncode == 1
    assert b"source path does not exist" in failed.stderr


@pytest.mark.parametrize("path", ["stash://other/x", "stash://local/../other/x", "stash://local/out/x"])
def test_nothing_leads_out_of_the_stash(tool: Tool, tmp_path: Path, path: str) -> None:
    tool.out("stash", "mkdir", "stash://local/here")
    tool.stash("out").symlink_to(tmp_path)
    (tmp_path / "x").write_text("secret")
    runs = [
        tool.run("stash", "cp", path, str(tmp_path / "copy")),
        tool.run("stash", "rm", "-rf", path),
        tool.run("stash", "mkdir", path),
        tool.run("job", "create", "--cmd", "true", "--path", path),
    ]

    assert [run.returncode for run in runs] == [1] * 4
    assert all(run.stdout.startswith(b"API error: code=403, ") for run in runs)
    assert (tmp_path / "x").read_text() == "secret"


def test_mkdir_of_what_is_there_is_an_error(tool: Tool) -> None:
    tool.out("stash", "mkdir", "stash://local/x/y")

    assert tool.run("stash", "mkdir", "stash://local/x/y").returncode == 1


def test_rm_asks_unless_forced(tool: Tool) -> None:
    tool.out("stash", "mkdir", "stash://local/x")

    assert tool.out("stash", "rm", "-r", "stash://local/x").endswith("(y/N): Aborted\n")
    assert tool.stash("x").exists()
    assert tool.out("stash", "rm", "-r", "stash://local/x", answer="y\n").endswith("Removed stash://local/x\n")
    assert tool.out("stash", "rm", "-rf", "stash://local/x") == ""
    assert tool.run("stash", "rm", "stash://local/x").returncode == 1


def test_test_answers_by_exit_status_alone(tool: Tool) -> None:
    tool.out("stash", "mkdir", "stash://local/x")
    tool.stash("file").write_text("")
    runs = [tool.run("stash", "test", flag, f"stash://local/{name}") for flag in ("-e", "-f", "-d") for name in "xz"]
    files = [tool.run("stash", "test", flag, "stash://local/file").returncode for flag in ("-e", "-f", "-d")]

    assert [run.returncode for run in runs] == [0, 1, 1, 1, 0, 1]
    assert {run.stdout + run.stderr for run in runs} == {b""}
    assert files == [0, 0, 1]
