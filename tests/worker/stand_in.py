"""A child whose recognition is a stand-in: it reads one line on every page, or does what the page's corner says.

python -m tests.worker.stand_in [--broken]
"""

import contextlib
import ctypes
import os
import signal
import stat
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2

from worker import child
from worker.faults import EngineError
from worker.processors.ocr import Line
from worker.processors.picture import Picture
from worker.settings import Settings, read_settings
from worker.tools import Tools

TEXT = "ASHA VERMA"
FAULTS = (
    "crash",
    "killed",
    "leave",
    "hang",
    "slow",
    "swell",
    "leap",
    "raise",
    "blank",
    "abandon",
    "terminate",
    "babble",
    "garble",
    "meet",
    "secrets",
    "card",
    "cards",
    "threads",
    "await",
    "mark",
)
"""What a page may ask for; the red of its first pixel is the place in this list, its green 1 and its blue 2."""
CARD = ("Government of India", "Imara Velstrand", "DOB: 09/08/1991", "FEMALE", "2341 2341 2346", "Aadhaar")
"""What stands on the page of a fictional person who asks for `card`; `cards` is ninety of them."""


class StandIn:
    """An engine, and a model that finds every picture upright."""

    def read(self, picture: Picture) -> Sequence[Line]:
        red, green, blue = (int(value) for value in picture[0, 0])
        asked = FAULTS[red] if (green, blue) == (1, 2) else ""
        _do(asked)
        return _lines({"blank": (), "card": CARD, "cards": CARD * 90}.get(asked, (TEXT,)))

    def probabilities(self, picture: Picture) -> Sequence[float]:
        return (0.97, 0.01, 0.01, 0.01)


def _lines(texts: Sequence[str]) -> list[Line]:
    tops = [10 + 40 * number for number in range(len(texts))]
    return [
        Line(text, 0.97, ((10, top), (200, top), (200, top + 30), (10, top + 30)))
        for text, top in zip(texts, tops, strict=True)
    ]


def _do(fault: str) -> None:  # noqa: C901 - a list of faults is long, not deep
    match fault:
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "leave":
            os._exit(5)
        case "hang":
            # As native code hangs: Python's own timer comes to nothing.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
            time.sleep(60)
        case "slow":
            time.sleep(60)
        case "swell":
            held = []
            while True:
                held.append(b"x" * 20_000_000)
                time.sleep(0.01)
        case "leap":
            ctypes.memset(ctypes.create_string_buffer(3_000_000_000), 1, 3_000_000_000)
        case "raise":
            raise NotImplementedError("secret text")
        case "abandon":
            (Path(os.environ["RUN_FOLDER"]) / "control.json").write_text('{"signal": "abandon"}')
        case "terminate":
            os.kill(os.getppid(), signal.SIGTERM)
        case "babble":
            sys.stdout.write("noise\n")
            os.write(1, b"noise\n")
        case "garble":
            for descriptor in range(64):
                with contextlib.suppress(OSError):
                    if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                        os.write(descriptor, b"noise\n" * 10)
        case "meet":
            folder = Path(os.environ["RUN_FOLDER"])
            (folder / f"here-{os.getpid()}").touch()
            while len(list(folder.glob("here-*"))) < 2:
                time.sleep(0.01)
        case "mark":
            (Path(os.environ["RUN_FOLDER"]) / f"here-{os.getpid()}").touch()
        case "secrets":
            if [name for name in os.environ if "SPACES" in name]:
                raise EngineError("there are secrets in the environment")
        case "await":
            folder = Path(os.environ["RUN_FOLDER"])
            while not ((folder / "next-fetched").exists() and (folder / "last-stored").exists()):
                time.sleep(0.01)
        case "threads":
            told = [os.environ[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")]
            if [cv2.getNumThreads(), *map(int, told)] != [3, 3, 3]:
                raise EngineError("there are not three threads for each library")
            if not all(name in os.environ for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")):
                raise EngineError("the C library gives back what every layer needs again")
        case _:
            return


def _broken(_settings: Settings) -> Tools:
    raise EngineError("self-check: 5 of 5 known words were not read")


def _made(_settings: Settings) -> Tools:
    return Tools(StandIn(), StandIn())


if __name__ == "__main__":
    sys.exit(child.main(read_settings(os.environ), _broken if "--broken" in sys.argv else _made))
