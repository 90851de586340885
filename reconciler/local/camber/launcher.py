"""The emulator as a tool of its own, `bin/camber` in its home: bound to that home, and gone while a fault says so.

It starts the interpreter without its site, which no module here needs: a good part of what each call takes.
"""

import contextlib
import os
import sys
from pathlib import Path
from shlex import quote

from reconciler.local.camber.home import Home

_TEXT = """\
#!/bin/sh
CAMBER_LOCAL_HOME=${{CAMBER_LOCAL_HOME:-{home}}} exec {python} -ISc '{program}' "$@"
"""
_PROGRAM = """\
import sys
sys.path.insert(0, {root!r})
from reconciler.local.camber.__main__ import main
sys.exit(main())"""
_ROOT = str(Path(__file__).absolute().parents[3])


def write(home: Home) -> None:
    """Put the tool there, unless it is as it should be or a fault keeps it away."""
    program = _PROGRAM.format(root=_ROOT).replace("'", "'\"'\"'")
    text = _TEXT.format(home=quote(str(home.root)), python=quote(sys.executable), program=program)
    tool = home.executable
    if home.executable_away.exists() or (tool.exists() and tool.read_text("utf-8") == text):
        return
    tool.parent.mkdir(exist_ok=True)
    draft = tool.with_name(f"camber.{os.getpid()}")
    draft.write_text(text, "utf-8")
    draft.chmod(0o755)
    draft.replace(tool)


def take_away(home: Home, until: float) -> None:
    """Make the tool missing until then."""
    with contextlib.suppress(FileNotFoundError):
        home.executable.rename(home.executable_away)
        os.utime(home.executable_away, (until, until))


def back_at(home: Home, now: float) -> float | None:
    """Put the tool back if that is due; return when it will be, or None where it is in its place."""
    try:
        until = home.executable_away.stat().st_mtime
        if now < until:
            return until
        home.executable_away.rename(home.executable)
    except FileNotFoundError:
        pass
    return None
