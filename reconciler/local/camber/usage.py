"""Usage and help in the form that cobra gives them."""

from collections.abc import Iterable, Sequence

from reconciler.local.camber.commands import GLOBAL_FLAGS, ROOT, Command
from reconciler.local.camber.flags import Flag, Kind

_NAME_COLUMNS_MIN = 11


def help_flag(command: Command) -> Flag:
    """The flag that cobra gives every command."""
    return Flag("help", Kind.BOOL, f"help for {command.name}", shorthand="h")


def help_text(path: Sequence[Command]) -> str:
    """What `--help` shows: the description, then the usage."""
    return f"{path[-1].short}\n\n{usage_text(path)}"


def usage_text(path: Sequence[Command]) -> str:
    """The usage of the last command of the path."""
    command, words = path[-1], " ".join(command.name for command in path)
    sections = [f"Usage:\n  {words} {'[command]' if command.children else '[flags]'}"]
    if command.children:
        sections.append("Available Commands:\n" + _command_lines(command))
    own = [*command.flags, help_flag(command)]
    if command is ROOT:
        sections.append("Flags:\n" + flag_lines([*own, *GLOBAL_FLAGS]))
    else:
        sections += ["Flags:\n" + flag_lines(own), "Global Flags:\n" + flag_lines(GLOBAL_FLAGS)]
    if command.children:
        sections.append(f'Use "{words} [command] --help" for more information about a command.')
    return "\n\n".join(sections) + "\n"


def flag_lines(flags: Iterable[Flag]) -> str:
    """The table of flags, sorted by name, the descriptions in one column."""
    entries = [(_head(flag), flag) for flag in sorted(flags, key=lambda flag: flag.name)]
    width = max(len(head) for head, _ in entries)
    return "\n".join(f"{head.ljust(width)}   {flag.usage}{_default(flag)}" for head, flag in entries)


def suggestions(word: str) -> str:
    """What cobra asks when a mistyped command is near a known one."""
    near = [child.name for child in ROOT.children if child.name.startswith(word) or _distance(word, child.name) <= 2]
    return "\n\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in near) if near else ""


def _command_lines(command: Command) -> str:
    entries = [(child.name, child.short) for child in command.children]
    if command is ROOT:
        entries = sorted([*entries, ("help", "Help about any command")])
    width = max(_NAME_COLUMNS_MIN, *(len(name) for name, _ in entries))
    return "\n".join(f"  {name.ljust(width)} {short}" for name, short in entries)


def _head(flag: Flag) -> str:
    names = f"  -{flag.shorthand}, --{flag.name}" if flag.shorthand else f"      --{flag.name}"
    return names if flag.kind is Kind.BOOL else f"{names} {flag.kind}"


def _default(flag: Flag) -> str:
    if not flag.default:
        return ""
    return f" (default {flag.default})" if flag.kind is Kind.INT else f' (default "{flag.default}")'


def _distance(left: str, right: str) -> int:
    previous = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        current = [row]
        for column, b in enumerate(right, 1):
            current.append(min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (a != b)))
        previous = current
    return previous[-1]
