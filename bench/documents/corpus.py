"""The pictures of a set on the disk, each beside its truth: the same bytes for the same plan and libraries."""

import hashlib
import importlib.metadata
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from bench.documents.degradations import Degradation, Pixels
from bench.documents.kinds import KINDS
from bench.documents.people import somebody
from bench.documents.plan import PictureSet
from bench.documents.probes import probes
from bench.documents.truth import Truth, read, write
from reconciler.local.samples import ornaments, sheet

_JPEG_QUALITY = 92
PROBE = "probe"
_DRAWING = ("corpus", "degradations", "fonts", "numbers", "paper", "people", "plan", "probes", "truth")
_DRAWN_BY = ("numpy", "opencv-python-headless", "pillow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """One picture: which document (`kind-number`), what was done to it, where it is, and what stands on it."""

    document: str
    degradation: str
    path: Path
    truth: Truth


def pages(chosen: PictureSet, documents_per_kind: int) -> Iterator[tuple[str, Pixels, Truth]]:
    """The clean pages of a set, by the names of the documents."""
    for index, (kind, draw) in enumerate(KINDS.items()):
        for number in range(documents_per_kind):
            random = Random(f"{chosen.seed} {kind} {number}")
            # The fonts take turns among the kinds too, so that even one document of each shows all of them.
            suite = chosen.suites[(index + number) % len(chosen.suites)]
            picture, truth = draw(somebody(random), suite, random)
            yield f"{kind}-{number}", np.asarray(picture), truth


def specimens(
    chosen: PictureSet, documents_per_kind: int, degradations: Sequence[Degradation], folder: Path
) -> Iterator[Specimen]:
    """Write the set's pictures into the folder, which is made, and yield each once it is there; probes come last.

    What was drawn before by the same code with the same libraries is not drawn again; what others drew is taken away.
    """
    kept = folder / fingerprint()[:16]
    for other in set(folder.glob("*")) - {kept}:
        shutil.rmtree(other)
    kept.mkdir(parents=True, exist_ok=True)
    for index, (document, page, truth) in enumerate(pages(chosen, documents_per_kind)):
        for degradation in degradations:
            yield _specimen(document, page, truth, degradation, (chosen.seed, index), kept)
    for name, pixels in probes(chosen.seed).items():
        path = _saved(pixels, kept / f"{PROBE}-{_slug(name)}.png")
        yield Specimen(document=name, degradation=PROBE, path=path, truth=Truth(kind=PROBE, lines=(), fields={}))


def fingerprint() -> str:
    """Names whatever changes the pictures: the code that draws them, and its libraries."""
    here = Path(__file__).parent
    code = [*(here / f"{name}.py" for name in _DRAWING), *sorted((here / "kinds").glob("*.py"))]
    code += [Path(str(module.__file__)) for module in (ornaments, sheet)]
    versions = [importlib.metadata.version(name).encode() for name in _DRAWN_BY]
    return hashlib.sha256(b"\0".join([*versions, *(path.read_bytes() for path in code)])).hexdigest()


def _specimen(
    document: str, page: Pixels, truth: Truth, degradation: Degradation, seed: tuple[int, int], folder: Path
) -> Specimen:
    # What a telephone took is a JPEG, as telephones send it.
    suffix = "jpg" if degradation.name.startswith("phone") else "png"
    path = folder / f"{document}-{_slug(degradation.name)}.{suffix}"
    beside = path.with_suffix(".json")
    if not beside.exists():
        pixels, moved = degradation.apply(page, truth, seed)
        _saved(pixels, path)
        # Written last: where the truth is, the picture is.
        write(moved, beside)
    return Specimen(document=document, degradation=degradation.name, path=path, truth=read(beside))


def _slug(name: str) -> str:
    return name.replace(",", "").replace(" ", "-").lower()


def _saved(pixels: Pixels, path: Path) -> Path:
    options: dict[str, Any] = {"quality": _JPEG_QUALITY} if path.suffix == ".jpg" else {"compress_level": 1}
    Image.fromarray(pixels).save(path, **options)
    return path
