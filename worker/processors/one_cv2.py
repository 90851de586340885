"""Let paddlex accept the one cv2 there is.

paddlex builds no OCR pipeline unless a *distribution named* `opencv-contrib-python` is installed. That wheel needs
libGL, and beside the headless wheel it would overwrite the same `cv2/` folder. The modules that OCR uses are in both,
so the name alone is answered for, with the version of the cv2 that is really there.
"""

import importlib.metadata
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, DistributionFinder
from os import PathLike
from pathlib import Path

ASKED_FOR = "opencv-contrib-python"
PRESENT = "opencv-python-headless"
_ANY = DistributionFinder.Context()


class _Named(Distribution):
    """A distribution that consists of its name and version."""

    def __init__(self, version: str) -> None:
        self._metadata = f"Metadata-Version: 2.1\nName: {ASKED_FOR}\nVersion: {version}\n"

    def read_text(self, filename: str) -> str | None:
        return self._metadata if filename == "METADATA" else None

    def locate_file(self, path: str | PathLike[str]) -> Path:
        raise FileNotFoundError(f"{ASKED_FOR} has no files: {path}")


class _Finder(DistributionFinder):
    """Answers for the one name when it is asked for by name; a walk over all distributions never sees it."""

    def find_spec(self, *_: object) -> None:
        """Finds no module: without this method every failing import of the process is warned of."""

    def find_distributions(self, context: DistributionFinder.Context = _ANY) -> Iterable[Distribution]:
        if context.name == ASKED_FOR:
            yield _Named(importlib.metadata.version(PRESENT))


def answer_for_contrib() -> None:
    """Answer for the GUI build's name from now on; call before paddlex is first imported. Harmless when repeated."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
