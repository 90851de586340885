"""What a job meets when it runs."""

from pathlib import Path

import pytest

from tests.local.camber.tool import Tool


def test_the_exit_code_of_the_script_decides(tool: Tool) -> None:
    expected = {
        "exit 3": "FAILED",
        "false | true": "COMPLETED",
        "false; true": "COMPLETED",
        "kill -9 $$": "FAILED",
        "echo `": "FAILED",
    }
    ids = {command: tool.create(command) for command in expected}

    assert {command: tool.finished(job_id) for command, job_id in ids.items()} == expected


def test_the_command_is_line_one_of_a_bash_script_in_tmp(tool: Tool) -> None:
    shown = tool.ran(
        '[[ $0 == /tmp/tmp.??????????/start_job.sh ]] && echo "$0" && head -n 1 "$0" && echo $BASH_VERSION'
    )
    script, first_line, version = shown.splitlines()

    assert first_line.startswith("[[ $0 ==")
    assert version
    assert not Path(script).parent.exists()


def test_a_syntax_error_reads_as_on_the_node(tool: Tool) -> None:
    assert ": line 1: unexpected EOF while looking for matching `" in tool.ran("echo `")


def test_the_environment_is_clean(tool: Tool) -> None:
    caller = Tool(
        home=tool.home,
        environ={
            **tool.environ,
            "SPACES_SECRET": "secret",
            "PYTHONPATH": str(Path.cwd()),
            "SSL_CERT_FILE": "/some/bundle",
        },
    )
    job_id = caller.create("env -0 | tr '\\0' '\\n'; echo; command -v camber camber-local reconciler; true")
    caller.finished(job_id)
    variables, _, found = caller.logs(job_id).partition("\n\n")
    names = {line.partition("=")[0] for line in variables.splitlines()}

    assert names == {"HOME", "JOB_ID", "PATH", "PWD", "SHLVL", "SSL_CERT_FILE", "_"}
    assert f"JOB_ID={job_id}" in variables.splitlines()
    assert found == ""


def test_home_is_fresh_and_goes_with_the_job(tool: Tool) -> None:
    shown = tool.ran('ls -A "$HOME"; touch "$HOME/x"; echo "$HOME"')

    assert len(shown.splitlines()) == 1
    assert not Path(shown.strip()).exists()


def test_python3_is_not_the_daemons_and_pip_is_there(tool: Tool) -> None:
    shown = tool.ran(
        "python3 -c 'import reconciler'; python3 -c 'import loguru, psycopg'; python3 -m pip --version;"
        " python3 -c 'import sys, sysconfig; print(sys.prefix, sysconfig.get_path(\"purelib\"))'"
    )

    assert shown.count("ModuleNotFoundError") == 2
    assert "\npip " in shown
    assert all(path.startswith(str(tool.home)) for path in shown.splitlines()[-1].split())


def test_the_stash_folder_itself_is_the_work_folder(tool: Tool) -> None:
    assert tool.ran("pwd -P; echo here > result.txt") == f"{tool.stash('folder').resolve()}\n"
    assert tool.stash("folder/result.txt").read_text() == "here\n"


def test_the_executable_bit_is_dropped(tool: Tool, tmp_path: Path) -> None:
    script = tmp_path / "x.sh"
    script.write_text("#!/bin/sh\necho ran\n")
    script.chmod(0o755)
    tool.out("stash", "cp", str(script), "stash://local/folder/")

    assert "Permission denied" in tool.ran("./x.sh; cp x.sh y.sh; chmod +x y.sh")
    assert tool.ran("bash x.sh; [ -x y.sh ] || echo dropped") == "ran\ndropped\n"


@pytest.mark.parametrize(("mount", "comes_back"), [("snapshot", True), ("snapshot-only", False)])
def test_a_snapshot_is_blind_to_what_comes_later(tool: Tool, mount: str, comes_back: bool) -> None:  # noqa: FBT001
    tool.configure(mount=mount)
    tool.stash("folder").mkdir(parents=True)
    tool.stash("folder/before").write_text("before")
    job_id = tool.create(f"until [ -e {tool.stash('folder/after')} ]; do sleep 0.02; done; ls; echo x > made")
    tool.until(job_id, "RUNNING")
    tool.stash("folder/after").write_text("after")
    tool.finished(job_id)

    assert tool.logs(job_id) == "before\n"
    assert tool.stash("folder/made").exists() is comes_back
    assert not (tool.home / "jobs" / str(job_id) / "work").exists()


def test_what_a_job_leaves_running_ends_with_it(tool: Tool) -> None:
    job_id = tool.create("setsid sleep 61 & sleep 62 & echo $!")
    tool.finished(job_id)
    pid = int(tool.logs(job_id))

    assert not Path(f"/proc/{pid}").exists() or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    assert len(tool.processes()) <= 1
