"""The executable: `camber-local`, in every place where the real tool is `camber`."""

import os
import sys

from reconciler.local.camber.cobra import execute
from reconciler.local.camber.errors import EmulatorError
from reconciler.local.camber.home import open_home
from reconciler.local.camber.screens import write_err


def main() -> int:
    """Answer one invocation; `camber-local emulator ...` speaks to the emulator itself."""
    arguments = sys.argv[1:]
    try:
        home = open_home(os.environ)
        if arguments[:1] == ["emulator"]:
            from reconciler.local.camber.admin import administer

            return administer(home, os.environ, arguments[1:])
        return execute(home, os.environ, arguments)
    except EmulatorError as error:
        write_err(f"camber-local: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Nobody reads any more; the interpreter must not try to flush what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        # A call of the tool has its own words for it; this is about the home, or a command to the emulator.
        write_err(f"camber-local: {error.filename or 'home'}: {error.strerror}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
