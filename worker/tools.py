"""What reads: the engine and the orientation model, loaded once, and trusted only after they have read a known page."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from worker.faults import EngineError
from worker.models import ORIENTATION_MODEL
from worker.processors.ocr import Engine, in_reading_order
from worker.processors.orientation import OrientationModel, TurnModel
from worker.processors.paddle import PaddleEngine
from worker.processors.picture import turned
from worker.settings import Settings

PAGE = Path(__file__).with_name("selfcheck.png")
WORDS = ("RYTHMIQ", "SELFCHECK", "ASHAVERMA", "44712093", "14/08/2003")
"""What stands on the page, blanks apart."""
_log = logging.getLogger("worker.tools")


@dataclass(frozen=True, slots=True)
class Tools:
    """The loaded models."""

    engine: Engine
    orientation: TurnModel


def checked_tools(settings: Settings) -> Tools:
    """The loaded models, after they have read the known page; raises EngineError, or whatever the engine raises."""
    began = time.monotonic()
    tools = load(settings)
    check(tools)
    _log.info("engine ready engine=%s seconds=%.1f", settings.engine, time.monotonic() - began)
    return tools


def load(settings: Settings) -> Tools:
    """Load the models of the settings' engine; raises EngineError or FileNotFoundError naming what is missing."""
    engine = PaddleEngine(settings.engine, settings.models_dir, settings.threads)
    return Tools(engine, OrientationModel(settings.models_dir / ORIENTATION_MODEL))


def check(tools: Tools) -> None:
    """Read the page that ships with the worker; raises EngineError unless its words come back, upright as turned."""
    with Image.open(PAGE) as image:
        page = np.asarray(image.convert("RGB"))
    text = "".join(in_reading_order(tools.engine.read(page)).text.split()).upper()
    if missing := [word for word in WORDS if word not in text]:
        raise EngineError(f"self-check: {len(missing)} of {len(WORDS)} known words were not read: {', '.join(missing)}")
    for quarter_turns in range(4):
        probabilities = tools.orientation.probabilities(turned(page, -quarter_turns))
        if max(range(4), key=probabilities.__getitem__) != quarter_turns:
            raise EngineError(f"self-check: a page turned by {quarter_turns} quarters was not recognised as such")
