"""`python worker.py`: the same as `python -m worker`, from wherever this folder lies and whatever it is called.

The platform's guide starts the worker so, and the worker its children.
"""

import runpy
import sys
from pathlib import Path
from types import ModuleType


def main() -> None:
    """Make this folder the package `worker`, and run it."""
    folder = Path(__file__).resolve().parent
    # Python put this folder first on its path: there `worker` would be this very file, and `models` one of ours.
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != folder]
    package = ModuleType("worker")
    package.__path__ = [str(folder)]
    sys.modules["worker"] = package
    runpy.run_module("worker.__main__", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
