"""Prepare the libraries that read: nothing phones home, nothing is downloaded, caches can be written.

They read their environment while they are imported, so this comes before.
"""

import atexit
import os
import shutil
import tempfile

import yaml

from worker.processors.absent import stand_in
from worker.processors.one_cv2 import answer_for_contrib

_QUIET = {
    # ONNX Runtime's wheels report to their maker otherwise, and leave an identifier behind in the temporary folder.
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
}
_CACHE = "PADDLE_PDX_CACHE_HOME"


def prepare_libraries() -> None:
    """Set what the libraries read; call before onnxruntime, paddle or paddleocr is imported. Harmless when repeated."""
    os.environ.update(_QUIET)
    if _CACHE not in os.environ:
        os.environ[_CACHE] = tempfile.mkdtemp(prefix="rythmiq-paddle-")
        atexit.register(shutil.rmtree, os.environ[_CACHE], ignore_errors=True)
    answer_for_contrib()
    stand_in()
    _read_settings_in_c()


def _read_settings_in_c() -> None:
    """Have models' settings parsed by libyaml: with 18,000 characters to read from, Python takes most of a second."""
    if yaml.__with_libyaml__:
        yaml.FullLoader = yaml.CFullLoader  # type: ignore[misc, assignment]  # the C one answers as it does
