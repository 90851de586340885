"""What the tool says to arguments, right and wrong, and on which stream."""

import pytest

from tests.local.camber.tool import Tool

GLOBAL = """\
Global Flags:
      --api-key string   API key for authentication (also set via CAMBER_API_KEY env var)
"""
LOGS_USAGE = f"""\
Usage:
  camber job logs [flags]

Flags:
  -h, --help   help for logs

{GLOBAL}
"""
FOREIGN = "API error: code=15, message=Failed to issue sts to get logs: job not belong to user"
BANNER = """
🚨 Your version 1.0.40 is out of date!
👉 The latest version is 1.0.41.

To update, run:
  camber update

⚠️ It's recommended to stay up to date for the latest features and security fixes.
"""
CREATE = ("job", "create", "--cmd", "true", "--path", "stash://local/x")


def test_version(tool: Tool) -> None:
    assert tool.out("version") == "Camber 1.0.40 - 2118c7a\n"


def test_an_api_error_stands_bare_on_stdout_and_with_the_usage_on_stderr(tool: Tool) -> None:
    failed = tool.run("job", "logs", "99")

    assert failed.returncode == 1
    assert failed.stdout.decode() == FOREIGN + "\n"
    assert failed.stderr.decode() == f"Error: {FOREIGN}\n{LOGS_USAGE}"


def test_the_banner_comes_first_on_stdout_even_before_an_error(tool: Tool) -> None:
    failed = tool.run("job", "logs", "99", CAMBER_LOCAL_BANNER="1")

    assert failed.stdout.decode() == BANNER + FOREIGN + "\n"
    assert failed.stderr.decode().startswith("Error: ")


def test_the_banner_is_bytes_of_utf8_whatever_the_locale(tool: Tool) -> None:
    shown = tool.run("version", CAMBER_LOCAL_BANNER="1", LC_ALL="C", PYTHONIOENCODING="latin-1").stdout

    assert shown == BANNER.encode() + b"Camber 1.0.40 - 2118c7a\n"


def test_the_banner_can_be_turned_on_for_all_and_kept_off_json(tool: Tool) -> None:
    tool.configure(banner="true", banner_before_json="false")

    assert tool.out("me").startswith(BANNER)
    assert tool.out("me", "--output", "json").startswith("{")
    tool.configure(banner_before_json="true")
    assert tool.out("me", "--output", "json").startswith(BANNER + "{")


@pytest.mark.parametrize("arguments", [("me",), ("job", "list"), ("stash", "ls"), CREATE])
def test_without_a_key_there_is_an_authentication_error(tool: Tool, arguments: tuple[str, ...]) -> None:
    failed = tool.run(*arguments, CAMBER_API_KEY="")

    assert failed.returncode == 1
    assert b"authentication error" in failed.stdout
    assert failed.stderr.startswith(b"Error: authentication error")


@pytest.mark.parametrize("arguments", [("--api-key", "k", "me"), ("me", "--api-key", "k"), ("me", "--api-key=k")])
def test_the_key_may_stand_before_or_after_the_command(tool: Tool, arguments: tuple[str, ...]) -> None:
    assert tool.run(*arguments, CAMBER_API_KEY="").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("job", "create"), 'required flag(s) "cmd", "path" not set'),
        (("job", "create", "--cmd", "true"), 'required flag(s) "path" not set'),
        ((*CREATE, "--gpu"), "invalid node size for GPU: xxsmall. Must be one of: [xsmall medium]"),
        (
            (*CREATE, "--size", "huge"),
            "invalid node size: huge. Must be one of: [xxsmall xsmall small medium large]",
        ),
        (
            (*CREATE, "--engine", "MPI"),
            "invalid engine type: MPI. Must be one of: [base mpi mesa athena nextflow gromacs lammps openfoam]",
        ),
        (
            (*CREATE, "--num-nodes", "two"),
            'invalid argument "two" for "--num-nodes" flag: strconv.ParseInt: parsing "two": invalid syntax',
        ),
        ((*CREATE, "--output", "json"), "unknown flag: --output"),
        ((*CREATE, "-x"), "unknown shorthand flag: 'x' in -x"),
        (("job", "create", "--cmd"), "flag needs an argument: --cmd"),
        (("job", "get"), "accepts 1 arg(s), received 0"),
        (("stash", "cp", "one"), "requires at least 2 arg(s), only received 1"),
    ],
)
def test_a_mistake_in_the_arguments_is_told_on_stderr_alone(
    tool: Tool, arguments: tuple[str, ...], message: str
) -> None:
    failed = tool.run(*arguments)

    assert failed.returncode == 1
    assert failed.stdout == b""
    assert failed.stderr.decode().startswith(f"Error: {message}\nUsage:\n  camber ")
    assert failed.stderr.decode().endswith(GLOBAL + "\n")


def test_an_unknown_command_is_answered_as_cobra_does(tool: Tool) -> None:
    failed = tool.run("jobs")

    assert failed.returncode == 1
    assert failed.stdout == b""
    assert failed.stderr.decode() == (
        'Error: unknown command "jobs" for "camber"\n\nDid you mean this?\n\tjob\n\nRun \'camber --help\' for usage.\n'
    )


@pytest.mark.parametrize("verb", ["cancel", "stop", "delete"])
def test_there_is_no_cancel_and_cobra_shows_the_help_of_the_group(tool: Tool, verb: str) -> None:
    shown = tool.out("job", verb, "12345")

    assert shown == tool.out("job", "--help")
    assert "\n  create      Create a new job\n" in shown
    assert verb not in shown


def test_usage_lists_flags_with_types_and_defaults(tool: Tool) -> None:
    shown = tool.out("job", "create", "--help")

    assert "\n      --cmd string      command for the job (required)\n" in shown
    assert '(default "mpi")\n' in shown
    assert "\n      --num-nodes int   number of nodes for the job (default 1)\n" in shown
    assert '(default "xxsmall")\n' in shown


def test_me_in_its_two_forms_and_in_json(tool: Tool) -> None:
    old = tool.out("me")
    tool.configure(me_form="new")
    new = tool.out("me")

    assert old == (
        "\n======================User Information======================\n"
        "Email:               local@example.com\n"
        "Username:            local\n"
        "Stash:               stash://local/\n"
        "\n============================================================\n\n"
    )
    assert "\nUser ID:             " in new
    assert "Teams Information" in new
    assert '"username": "local"' in tool.out("me", "--output", "json")
