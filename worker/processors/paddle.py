"""PaddleOCR 3.7 behind the engine protocol, on ONNX Runtime or on PaddlePaddle.

Its defaults are not used: they download models, read at full size (6 GB for a photo of 12 million pixels) and pad
batches.
Results are mappings and are read by key; a mapping that lacks one is an error, never an empty page.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from worker.faults import EngineError
from worker.models import DETECTION_MODELS, NETWORK_FILES, RECOGNITION_MODELS
from worker.processors.libraries import prepare_libraries
from worker.processors.ocr import Line, Point
from worker.processors.picture import Picture

DETECTION_SIDE_MAX = 960
"""The longer side, in pixels, at which text is sought. Larger ones cost memory and tear lines apart."""


class PaddleEngine:
    """One PaddleOCR pipeline, loaded once and used for every document."""

    def __init__(self, kind: str, models_dir: Path, threads: int) -> None:
        """Load the models of engine `kind`, onnx or paddle; raises EngineError naming the first file that is missing.

        The folders are looked at first: for a missing model the library would try its hubs.
        """
        detection, recognition = DETECTION_MODELS[kind], RECOGNITION_MODELS[kind]
        for name in (detection, recognition):
            _check_folder(models_dir / name, NETWORK_FILES[kind])
        prepare_libraries()
        from paddleocr import PaddleOCR

        logging.getLogger("paddlex").setLevel(logging.WARNING)
        self._pipeline = PaddleOCR(
            text_detection_model_name=detection,
            text_detection_model_dir=str(models_dir / detection),
            text_recognition_model_name=recognition,
            text_recognition_model_dir=str(models_dir / recognition),
            use_doc_orientation_classify=False,
            use_doc_unwarping=False,
            use_textline_orientation=False,
            text_recognition_batch_size=1,
            text_det_limit_side_len=DETECTION_SIDE_MAX,
            text_det_limit_type="max",
            device="cpu",
            **_engine_arguments(kind, threads),
        )

    def read(self, picture: Picture) -> Sequence[Line]:
        """The lines on an upright picture; raises EngineError for an answer that is not the library's contract."""
        blue_green_red = np.ascontiguousarray(picture[:, :, ::-1])
        return lines_of(self._pipeline.predict(blue_green_red))


def _check_folder(folder: Path, files: Sequence[str]) -> None:
    for name in (*files, "inference.yml"):
        if not (folder / name).is_file():
            raise EngineError(f"model file missing: {folder / name}")


def _engine_arguments(kind: str, threads: int) -> dict[str, Any]:
    if kind == "onnx":
        return {
            "engine": "onnxruntime",
            "engine_config": {"intra_op_num_threads": threads, "enable_cpu_mem_arena": False},
        }
    return {"engine": "paddle", "cpu_threads": threads, "enable_mkldnn": True}


def lines_of(results: object) -> list[Line]:
    """The lines of what `predict` returned for one picture; raises EngineError where keys or lengths are not right."""
    if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], Mapping):
        raise EngineError("the engine did not answer with one mapping")
    result = results[0]
    if missing := [key for key in ("rec_texts", "rec_scores", "rec_polys") if key not in result]:
        raise EngineError(f"the engine's answer lacks {', '.join(missing)}")
    texts, scores, polygons = (list(result[key]) for key in ("rec_texts", "rec_scores", "rec_polys"))
    if not len(texts) == len(scores) == len(polygons):
        raise EngineError("the engine's texts, scores and polygons differ in number")
    return [
        Line(str(text), float(score), _corners(polygon))
        for text, score, polygon in zip(texts, scores, polygons, strict=True)
    ]


def _corners(polygon: Sequence[Sequence[float]]) -> tuple[Point, Point, Point, Point]:
    if len(polygon) != 4:
        raise EngineError("the engine's polygon has not four corners")
    a, b, c, d = ((int(x), int(y)) for x, y in polygon)
    return a, b, c, d
