"""Contact sheets for the eye: many pictures on one."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

_CAPTION = 22
_GAP = 6


def contact_sheet(pictures: Sequence[tuple[str, Path]], columns: int, tile: int, to: Path) -> None:
    """Write the pictures, each in a square of `tile` pixels under its caption, row by row."""
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (tile + _GAP), rows * (tile + _CAPTION + _GAP)), "#30343b")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for index, (caption, path) in enumerate(pictures):
        left, top = index % columns * (tile + _GAP), index // columns * (tile + _CAPTION + _GAP)
        with Image.open(path) as picture:
            small = ImageOps.contain(picture.convert("RGB"), (tile, tile))
        sheet.paste(small, (left + (tile - small.width) // 2, top + _CAPTION))
        pen.text((left + 4, top + 3), caption, font=font, fill="#e8eaed")
    to.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(to)
