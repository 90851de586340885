"""Tesseract with its English model, page segmentation and orientation detection on.

python -m bench.documents.readers.tesseract_reader

The number of threads is OMP_THREAD_LIMIT of its environment. The models are Debian's, or those of TESSDATA_PREFIX.
"""

import os
from pathlib import Path

import tesserocr
from PIL import Image

from bench.documents.readers.protocol import Answer, Stopwatch, decline, serve

_DEBIAN = "/usr/share/tesseract-ocr/5/tessdata"
_MODELS = ("eng", "osd")


def main() -> None:
    """Load the models, then answer; decline where there are none."""
    folder = Path(os.environ.get("TESSDATA_PREFIX", _DEBIAN))
    if missing := [name for name in _MODELS if not (folder / f"{name}.traineddata").is_file()]:
        decline(f"no {' and '.join(missing)}.traineddata in {folder}: install tesseract-ocr")
        return
    with tesserocr.PyTessBaseAPI(path=f"{folder}/", lang="eng", psm=tesserocr.PSM.AUTO_OSD) as engine:
        serve(f"Tesseract {tesserocr.PyTessBaseAPI.Version()}", lambda path: _read(engine, path))


def _read(engine: tesserocr.PyTessBaseAPI, path: Path) -> Answer:
    with Image.open(path) as picture:
        upright = picture.convert("RGB")
    watch = Stopwatch()
    with watch.running():
        engine.SetImage(upright)
        text = engine.GetUTF8Text()
    lines = [line for line in text.splitlines() if line.strip()]
    return Answer(
        texts=lines,
        text="\n".join(lines),
        seconds=watch.seconds,
        cpu_seconds=watch.cpu_seconds,
        quarter_turns=_quarter_turns(engine),
    )


def _quarter_turns(engine: tesserocr.PyTessBaseAPI) -> int:
    """Which way the first block's head points: up, right, down, left; nowhere is up."""
    iterator = engine.GetIterator()
    return int(iterator.Orientation()[0]) if iterator else 0


if __name__ == "__main__":
    main()
