"""Pages drawn for tests, and what becomes of them on the way to a portal."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from worker.processors.picture import Picture
from worker.tools import PAGE

LINES = (
    "STATE BOARD OF EXAMINATION",
    "Name: ASHA VERMA",
    "Roll number 4471 2093",
    "Date of birth 14/08/2003",
    "Total marks 482 of 600",
    "Result: FIRST DIVISION",
)


def page(width: int = 1240, height: int = 900, *, size: int = 34, ink: int = 20, paper: int = 248) -> Picture:
    """A page of six lines in a scalable font that Pillow brings."""
    image = Image.new("L", (width, height), paper)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size)
    for number, line in enumerate(LINES):
        draw.text((width // 15, height // 12 + number * height // 8), line, font=font, fill=ink)
    return np.asarray(image.convert("RGB"))


def self_check_page() -> bytes:
    """The page that ships with the worker."""
    return Path(PAGE).read_bytes()


def encoded(picture: Picture, kind: str = "PNG", **options: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, kind, **options)
    return out.getvalue()


def noise(picture: Picture, deviation: float) -> Picture:
    """The picture with noise of its own on every pixel."""
    grain = np.random.default_rng(7).normal(0, deviation, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)
