"""RapidOCR as it comes, on ONNX Runtime, with so many threads.

python -m bench.documents.readers.rapidocr_reader THREADS
"""

import importlib.metadata
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from rapidocr import RapidOCR

from bench.documents.readers.protocol import Answer, Stopwatch, serve


def main(threads: int) -> None:
    """Load the models, then answer."""
    settings = {
        "Global.log_level": "critical",
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    engine = RapidOCR(params=settings)
    # Its models are loaded by the first call.
    engine(np.full((64, 256, 3), 255, np.uint8))

    def read(path: Path) -> Answer:
        with Image.open(path) as picture:
            pixels = np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1])
        watch = Stopwatch()
        with watch.running():
            result = engine(pixels)
        texts = [str(text) for text in result.txts or ()]
        return Answer(texts=texts, text="\n".join(texts), seconds=watch.seconds, cpu_seconds=watch.cpu_seconds)

    serve(f"RapidOCR {importlib.metadata.version('rapidocr')}", read)


if __name__ == "__main__":
    main(int(sys.argv[1]))
