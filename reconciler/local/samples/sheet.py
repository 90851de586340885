"""A page to draw on, which remembers every string drawn."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import fontpkg_ibm_plex_sans
from PIL import Image, ImageDraw, ImageFont

INK = "#1d2430"
SOFT = "#667085"
SCALE = 2
"""Pages are drawn this much larger and reduced at the end: every edge comes out smooth."""

_FONT_FILE = Path(fontpkg_ibm_plex_sans.__file__).parent / "files" / "IBMPlexSans[wdth,wght].ttf"

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@cache
def _font(size: int, weight: int, breadth: int) -> ImageFont.FreeTypeFont:
    # The basic layout engine is part of every Pillow, so the glyphs stand alike everywhere.
    font = ImageFont.truetype(str(_FONT_FILE), size, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([weight, breadth])
    return font


class Sheet:
    """A page of `width` x `height` pixels. Coordinates and thicknesses are in the page's pixels."""

    def __init__(self, width: int, height: int, paper: str = "#ffffff") -> None:
        self.width, self.height = width, height
        self.canvas = Image.new("RGB", (width * SCALE, height * SCALE), paper)
        self.drawn: list[str] = []
        self._pen = ImageDraw.Draw(self.canvas)

    def text(
        self,
        at: Point,
        string: str,
        size: int,
        *,
        weight: int = 400,
        breadth: int = 100,
        ink: str = INK,
        anchor: str = "ls",
    ) -> None:
        """Draw one line; the anchor is Pillow's, by default the left end of the baseline."""
        self.drawn.append(string)
        font = _font(size * SCALE, weight, breadth)
        self._pen.text((at[0] * SCALE, at[1] * SCALE), string, fill=ink, font=font, anchor=anchor)

    def measure(self, string: str, size: int, *, weight: int = 400, breadth: int = 100) -> float:
        """The width of the string, were it drawn."""
        return _font(size * SCALE, weight, breadth).getlength(string) / SCALE

    def line(self, points: Sequence[Point], ink: str = INK, thickness: float = 1) -> None:
        """Draw a path through the points."""
        self._pen.line([_scaled(p) for p in points], fill=ink, width=round(thickness * SCALE), joint="curve")

    def rect(
        self, box: Box, fill: str | None = None, *, edge: str | None = None, thickness: float = 1, radius: float = 0
    ) -> None:
        """Draw a rectangle, with rounded corners if there is a radius."""
        width = round(thickness * SCALE) if edge else 0
        self._pen.rounded_rectangle(_outer(box), radius * SCALE, fill=fill, outline=edge, width=width)

    def ellipse(self, box: Box, fill: str | None = None, *, edge: str | None = None, thickness: float = 1) -> None:
        """Draw an ellipse inside the box."""
        self._pen.ellipse(_outer(box), fill=fill, outline=edge, width=round(thickness * SCALE) if edge else 0)

    def polygon(self, points: Sequence[Point], fill: str) -> None:
        """Fill the polygon of the points."""
        self._pen.polygon([_scaled(p) for p in points], fill=fill)

    def paste(self, picture: Image.Image, at: Point) -> None:
        """Lay a picture of the canvas's resolution on the page."""
        self.canvas.paste(picture, (round(at[0] * SCALE), round(at[1] * SCALE)))

    def picture(self) -> Image.Image:
        """The finished page."""
        return self.canvas.reduce(SCALE)


def _scaled(point: Point) -> Point:
    return point[0] * SCALE, point[1] * SCALE


def _outer(box: Box) -> Box:
    left, top, right, bottom = box
    return left * SCALE, top * SCALE, right * SCALE - 1, bottom * SCALE - 1
