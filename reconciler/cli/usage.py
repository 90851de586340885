"""How wrong usage is told: in one line, as every refusal is, and not in the frame that the library draws."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from typer import Abort, Context
from typer.exceptions import TyperException

from reconciler.cli.refusal import ENDED_BADLY


@contextmanager
def one_line() -> Iterator[None]:
    """Tell it on STDERR and leave with the exit code that belongs to it."""
    try:
        yield
    except TyperException as error:
        sys.stderr.write(_told(error))
        sys.exit(error.exit_code)
    except Abort:
        # A question was left without an answer, by Ctrl-D.
        sys.stderr.write("Nothing was done.\n")
        sys.exit(ENDED_BADLY)


def _told(error: TyperException) -> str:
    """What is wrong, and where its help is. Who names no command at all has seen the help already."""
    said = " ".join(error.format_message().split()).replace("Value error, ", "").rstrip(".")
    context: Context | None = getattr(error, "ctx", None)
    where = f"; see `{context.command_path} --help`" if context else ""
    return f"{said}{where}.\n" if said else ""
