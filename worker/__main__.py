"""`python -m worker < payload.json`: answer every document on STDOUT. `python -m worker self-check`: read a known page.

Exit codes: 0 every document was answered; 1 the self-check failed; 2 settings or run file cannot be used; 3 the run was
abandoned; 143 terminated with documents left. `child` is what the worker starts its children with.
"""

import logging
import os
import sys
from collections.abc import Mapping, Sequence

from worker.faults import EngineError
from worker.settings import Settings, SettingsError, read_settings

SELF_CHECK_FAILED, UNUSABLE = 1, 2


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one of the commands; returns the exit code."""
    _set_up_logs()
    try:
        settings = read_settings(environment)
    except SettingsError as error:
        sys.stderr.write(f"worker: settings cannot be used:\n{error}\n")
        return UNUSABLE
    # Each command loads what it needs: those who open documents know nothing of the store, the parent nothing of OCR.
    match list(arguments):
        case []:
            from worker.answer import answer

            return answer(settings, environment)
        case ["child"]:
            from worker import child

            return child.main(settings)
        case ["self-check"]:
            return _self_check(settings)
        case _:
            sys.stderr.write("usage: python -m worker [self-check]\n")
            return UNUSABLE


def _set_up_logs() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("worker").setLevel(logging.INFO)


def _self_check(settings: Settings) -> int:
    from worker.channel import Channel
    from worker.tools import checked_tools

    Channel()
    try:
        checked_tools(settings)
    except (EngineError, OSError) as error:
        sys.stderr.write(f"worker: self-check failed: {error}\n")
        return SELF_CHECK_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
