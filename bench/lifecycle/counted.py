"""`reconciler run` that counts its transactions and outside calls by name, and writes them down when it ends.

python -m bench.lifecycle.counted FILE run
"""

import json
import signal
import sys
import threading
from collections import Counter
from pathlib import Path

from reconciler.cli.run import command
from reconciler.loop.crashpoints import observe
from reconciler.loop.daemon import STOP_SIGNALS

LOOK_SECONDS = 0.5


def main(file: Path) -> None:
    """Count what is passed after each step; a thread writes it, since a daemon leaves without unwinding."""
    passed: Counter[str] = Counter()
    lock = threading.Lock()

    def note(point: str) -> None:
        name, _, when = point.rpartition(".")
        if when == "after":
            with lock:
                passed[name] += 1

    def write() -> None:
        while True:
            threading.Event().wait(LOOK_SECONDS)
            with lock:
                told = json.dumps(passed)
            partial = file.with_suffix(".part")
            partial.write_text(told)
            partial.replace(file)

    observe(note)
    # As the daemon does itself before it starts a thread: it alone waits for them.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    threading.Thread(target=write, daemon=True).start()
    command()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
