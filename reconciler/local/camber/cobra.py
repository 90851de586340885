"""From an argument list to an exit code, with the order of checks and the forms of failure that cobra has."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from reconciler.local.camber import config as configuration
from reconciler.local.camber.commands import GLOBAL_FLAGS, ROOT, Command
from reconciler.local.camber.config import Config
from reconciler.local.camber.errors import CommandError, UnknownCommandError
from reconciler.local.camber.flags import Flag, Given, Kind, read, takes_next_word
from reconciler.local.camber.home import Home
from reconciler.local.camber.screens import banner, write_err, write_out
from reconciler.local.camber.service import Call, Reply
from reconciler.local.camber.usage import help_flag, help_text, suggestions, usage_text

Handler = Callable[[Call], Reply]


class _Found(NamedTuple):
    path: tuple[Command, ...]
    """From the root down to the command that was meant."""
    arguments: list[str]


def execute(home: Home, environ: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Answer one invocation of the tool and return its exit code."""
    config = configuration.load(home, environ)
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
    return reply.exit_code


def _answer(home: Home, config: Config, environ: Mapping[str, str], found: _Found) -> Reply:
    command = found.path[-1]
    if command is ROOT and (words := _words(ROOT, found.arguments)):
        return _help_about(words)
    given = read((*command.flags, *GLOBAL_FLAGS, help_flag(command)), found.arguments)
    if command.children or given.is_true("help"):
        return Reply(help_text(found.path).encode())
    _check_argument_count(command, given)
    _show_banner(config, environ, given)
    _check_required_flags(command, given)
    key = given.text("api-key") or environ.get("CAMBER_API_KEY", "")
    return _handler(found.path)(Call(home, config, given, key))


def _handler(path: Sequence[Command]) -> Handler:
    # Only what this invocation needs is imported: each one is a process of its own.
    match [command.name for command in path[1:]]:
        case ["version"]:
            return lambda call: Reply(f"Camber {call.config.version} - {call.config.commit}\n".encode())
        case ["me"]:
            from reconciler.local.camber import account

            return account.me
        case ["job", name]:
            from reconciler.local.camber import jobs

            return {"create": jobs.create, "get": jobs.get, "list": jobs.list_page, "logs": jobs.logs}[name]
        case ["stash", "cp"]:
            from reconciler.local.camber import stash_copy

            return stash_copy.cp
        case ["stash", name]:
            from reconciler.local.camber import stash

            return {"ls": stash.ls, "mkdir": stash.mkdir, "rm": stash.rm, "test": stash.test}[name]
        case words:
            raise AssertionError(words)


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
        write_out(os.fsencode(f"{error}\n"))
    write_err(f"Error: {error}\n{usage_text(path)}\n")
    return 1
