"""The predecessor's settings on today's engine and models: denoised first, read at full size, and read twice.

python -m bench.worker.predecessor_reader

Its own engine crashed or gave no text, so its own figures cannot be had; what its settings cost can.
"""

import os
from pathlib import Path

import cv2
import numpy as np

from bench.documents.readers.protocol import Answer, Stopwatch, serve
from worker.models import DETECTION_MODELS, RECOGNITION_MODELS
from worker.processors.libraries import prepare_libraries

DENOISING = 10


def main(models: Path) -> None:
    """Load the models, then answer."""
    prepare_libraries()
    from paddleocr import PaddleOCR

    # Sizes of detection and batches of recognition are the library's own, as they were left.
    pipeline = PaddleOCR(
        text_detection_model_name=DETECTION_MODELS["onnx"],
        text_detection_model_dir=str(models / DETECTION_MODELS["onnx"]),
        text_recognition_model_name=RECOGNITION_MODELS["onnx"],
        text_recognition_model_dir=str(models / RECOGNITION_MODELS["onnx"]),
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
        device="cpu",
        engine="onnxruntime",
        engine_config={"intra_op_num_threads": 1},
    )

    def read(path: Path) -> Answer:
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        watch = Stopwatch()
        with watch.running():
            clean = cv2.fastNlMeansDenoisingColored(picture, None, DENOISING, DENOISING, 7, 21)
            texts = [str(text) for _ in range(2) for text in pipeline.predict(clean)[0]["rec_texts"]]
        return Answer(texts=texts, text="\n".join(texts), seconds=watch.seconds, cpu_seconds=watch.cpu_seconds)

    cv2.setNumThreads(1)
    serve("the predecessor's settings", read)


if __name__ == "__main__":
    main(Path(os.environ["WORKER_MODELS_DIR"]))
