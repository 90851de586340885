"""The fonts of packages, at a size and a weight."""

from functools import cache
from importlib import import_module
from pathlib import Path

from PIL import ImageFont

_BOLD_FROM = 600
_OPTICAL_SIZE = 14


@cache
def font(package: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    """The upright face of a fontpkg package, from its variable file where it has one."""
    files = Path(str(import_module(package).__file__)).parent / "files"
    variable = sorted(path for path in files.glob("*[[]*.ttf") if "Italic" not in path.name)
    if not variable:
        name = "*-Bold.ttf" if weight >= _BOLD_FROM else "*-Regular.ttf"
        return _opened(next(files.glob(name)), size)
    opened = _opened(variable[0], size)
    opened.set_variation_by_axes([_value(axis, weight) for axis in opened.get_variation_axes()])
    return opened


def _opened(path: Path, size: int) -> ImageFont.FreeTypeFont:
    # The basic layout engine is part of every Pillow, so the glyphs stand alike everywhere.
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def _value(axis: ImageFont.Axis, weight: int) -> float:
    wanted = {"weight": weight, "width": 100, "optical size": _OPTICAL_SIZE}
    name = (axis["name"] or b"").decode().lower()
    value = wanted.get(name, axis["default"] or 0)
    return float(min(max(value, axis["minimum"] or 0), axis["maximum"] or 0))
