"""From an argument list to an exit code, with the order of checks and the forms of failure that cobra has."""

import os
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple

from reconciler.local.camber import config as configuration
from reconciler.local.camber.commands import GLOBAL_FLAGS, OUTPUT, ROOT, Command
from reconciler.local.camber.config import Config
from reconciler.local.camber.errors import CommandError, UnknownCommandError
from reconciler.local.camber.flags import Flag, Given, Kind, read, takes_next_word
from reconciler.local.camber.home import Home
from reconciler.local.camber.screens import banner, write_err, write_out
from reconciler.local.camber.service import Call, Handler, Reply
from reconciler.local.camber.usage import help_flag, help_text, suggestions, usage_text

# What a shell says of a command that is not there.
_NOT_FOUND = 127


class _Found(NamedTuple):
    path: tuple[Command, ...]
    """From the root down to the command that was meant."""
    arguments: list[str]


def execute(home: Home, environ: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Answer one invocation of the tool and return its exit code."""
    config = configuration.load(home, environ)
    if _is_missing(home):
        write_err("camber: No such file or directory\n")
        return _NOT_FOUND
    found = _find(arguments)
    try:
        reply = _answer(home, config, environ, found)
    except UnknownCommandError as error:
        write_err(f"Error: {error}\nRun 'camber --help' for usage.\n")
        return 1
    except CommandError as error:
        return _show_failure(config, found.path, error)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _show_failure(config, found.path, CommandError(f"{error.filename}: {error.strerror}"))
    write_out(reply.stdout)
    if reply.stderr:
        write_err(os.fsdecode(reply.stderr))
    return reply.exit_code


def _is_missing(home: Home) -> bool:
    """Whether a fault keeps the tool away, which this other name for it must not get around."""
    if not home.executable_away.exists():
        return False
    from reconciler.local.camber.launcher import back_at

    return back_at(home, time.time()) is not None


def _answer(home: Home, config: Config, environ: Mapping[str, str], found: _Found) -> Reply:
    command = found.path[-1]
    if config.create_output and command.answered_by == "jobs.create":
        command = command._replace(flags=(*command.flags, OUTPUT))
    if command is ROOT and (words := _words(ROOT, found.arguments)):
        return _help_about(words)
    given = read((*command.flags, *GLOBAL_FLAGS, help_flag(command)), found.arguments)
    if not command.answered_by or given.is_true("help"):
        return Reply(help_text(found.path).encode())
    _check_argument_count(command, given)
    _show_banner(config, environ, given)
    _check_required_flags(command, given)
    key = given.text("api-key") or environ.get("CAMBER_API_KEY", "")
    return _afflicted(home, found.path, _handler(command))(Call(home, config, given, key))


def _afflicted(home: Home, path: Sequence[Command], answer: Handler) -> Handler:
    if not home.faults.exists():
        return answer
    from reconciler.local.camber.faults import befalling

    return befalling(home, " ".join(command.name for command in path[1:]), answer)


def _handler(command: Command) -> Handler:
    # Only what this invocation needs is imported: each one is a process of its own.
    module, function = command.answered_by.split(".")
    handler: Handler = getattr(import_module(f"reconciler.local.camber.{module}"), function)
    return handler


def _find(arguments: Sequence[str]) -> _Found:
    path, rest = [ROOT], list(arguments)
    while words := _words(path[-1], rest):
        index, word = words[0]
        child = path[-1].child(word)
        if child is None:
            break
        path.append(child)
        del rest[index]
    return _Found(tuple(path), rest)


def _words(command: Command, arguments: Sequence[str]) -> list[tuple[int, str]]:
    """The arguments that may name a command, with their places: flags and the values they take are passed over."""
    flags = (*command.flags, *GLOBAL_FLAGS, Flag("help", Kind.BOOL, "", shorthand="h"))
    words, index = [], 0
    while index < len(arguments) and arguments[index] != "--":
        argument = arguments[index]
        if not argument.startswith("-"):
            words.append((index, argument))
        elif takes_next_word(flags, argument):
            index += 1
        index += 1
    return words


def _help_about(words: list[tuple[int, str]]) -> Reply:
    (_, first), *rest = words
    if first != "help":
        raise UnknownCommandError(f'unknown command "{first}" for "camber"{suggestions(first)}')
    return Reply(help_text(_find([word for _, word in rest]).path).encode())


def _check_argument_count(command: Command, given: Given) -> None:
    count, least, most = len(given.arguments), command.arguments_min, command.arguments_max
    if least == most and count != least:
        raise CommandError(f"accepts {least} arg(s), received {count}")
    if count < least:
        raise CommandError(f"requires at least {least} arg(s), only received {count}")
    if most is not None and count > most:
        raise CommandError(f"accepts at most {most} arg(s), received {count}")


def _check_required_flags(command: Command, given: Given) -> None:
    missing = [f'"{name}"' for name in command.required if not given.has(name)]
    if missing:
        raise CommandError(f"required flag(s) {', '.join(missing)} not set")


def _show_banner(config: Config, environ: Mapping[str, str], given: Given) -> None:
    wanted = environ["CAMBER_LOCAL_BANNER"] == "1" if "CAMBER_LOCAL_BANNER" in environ else config.banner
    is_json = any(flag.name == "output" for flag in given.flags) and given.text("output") == "json"
    if wanted and (config.banner_before_json or not is_json):
        write_out(banner(config.version, config.latest_version))


def _show_failure(config: Config, path: Sequence[Command], error: CommandError) -> int:
    if error.answered or config.client_errors_on_stdout:
        write_out(os.fsencode(f"{error}\n") * error.repeats)
    write_err(f"Error: {error}\n{usage_text(path)}\n")
    return error.exit_code
