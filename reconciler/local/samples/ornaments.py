"""What makes a page look issued: portrait, signature, bars, waves, seal."""

from itertools import pairwise
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw

from reconciler.local.samples.sheet import INK, SCALE, Box, Point, Sheet


def portrait(sheet: Sheet, box: Box, ground: str, figure: str) -> None:
    """Draw a head and shoulders in place of a photograph."""
    left, top, right, bottom = box
    wide, high = round((right - left) * SCALE), round((bottom - top) * SCALE)
    tile = Image.new("RGB", (wide, high), ground)
    pen = ImageDraw.Draw(tile)
    pen.ellipse((wide * 0.06, high * 0.66, wide * 0.94, high * 1.5), fill=figure)
    pen.rounded_rectangle((wide * 0.4, high * 0.5, wide * 0.6, high * 0.75), wide * 0.08, fill=figure)
    pen.ellipse((wide * 0.27, high * 0.17, wide * 0.73, high * 0.62), fill=figure)
    sheet.paste(tile, (left, top))


def signature(sheet: Sheet, at: Point, length: float, seed: int, ink: str = "#23408e") -> None:
    """Draw a pen stroke that passes for a name, on the baseline at `at`."""
    rng = np.random.default_rng(seed)
    knots = 9
    heights = rng.uniform(0.25, 1.0, knots) * length * 0.17
    heights[0] = length * 0.28
    path: list[Point] = []
    for index in range(knots * 24):
        turn = index / 24
        rise = float(heights[int(turn)])
        x = at[0] + length * 0.72 * turn / knots + length * 0.035 * sin(2 * pi * turn + 0.6)
        path.append((x, at[1] - rise * (0.5 - 0.5 * cos(2 * pi * turn))))
    sheet.line(path, ink, 2.6)
    flourish = [(at[0] + length * t / 20, at[1] + length * 0.05 * sin(t / 3.1) + 4) for t in range(9, 21)]
    sheet.line([path[-1], *flourish[8:]], ink, 2)


def bars(sheet: Sheet, box: Box, seed: int, ink: str = INK) -> None:
    """Fill the box with upright bars like a barcode's; they encode nothing."""
    rng = np.random.default_rng(seed)
    left, top, right, bottom = box
    while left < right - 8:
        width = int(rng.integers(2, 7))
        sheet.rect((left, top, left + width, bottom), ink)
        left += width + int(rng.integers(2, 6))


def waves(sheet: Sheet, box: Box, ink: str, count: int = 14, thickness: float = 1) -> None:
    """Draw fine interlaced waves, as on security paper."""
    left, top, right, bottom = box
    middle, swing = (top + bottom) / 2, (bottom - top) / 2
    for index in range(count):
        phase = 2 * pi * index / count
        xs = np.linspace(left, right, 160)
        heights = np.sin((xs - left) / (right - left) * 5 * pi + phase) * np.cos((xs - left) / 260 + phase / 3)
        sheet.line([(float(x), float(middle + swing * y)) for x, y in zip(xs, heights, strict=True)], ink, thickness)


def seal(sheet: Sheet, centre: Point, radius: float, ink: str, paper: str) -> None:
    """Draw an embossed seal: a toothed rim, two rings and a star."""
    sheet.polygon(_star(centre, radius, radius * 0.93, 40), ink)
    for share, fill in ((0.84, paper), (0.8, ink), (0.66, paper), (0.63, ink)):
        reach = radius * share
        sheet.ellipse((centre[0] - reach, centre[1] - reach, centre[0] + reach, centre[1] + reach), fill)
    sheet.polygon(_star(centre, radius * 0.48, radius * 0.2, 5), paper)


def _star(centre: Point, outer: float, inner: float, points: int) -> list[Point]:
    steps = range(points * 2)
    reaches = [outer if step % 2 == 0 else inner for step in steps]
    angles = [pi * step / points - pi / 2 for step in steps]
    return [(centre[0] + r * cos(a), centre[1] + r * sin(a)) for r, a in zip(reaches, angles, strict=True)]


def tick(sheet: Sheet, box: Box, ink: str = "#23408e") -> None:
    """Draw a hand's check mark over the box."""
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    share = ((0.12, 0.5), (0.42, 0.85), (1.08, -0.12))
    sheet.line([(left + wide * x, top + high * y) for x, y in share], ink, 5)


def dashes(sheet: Sheet, start: Point, length: float, ink: str, thickness: float = 2, dash: float = 10) -> None:
    """Draw a level dashed rule."""
    stops = np.arange(start[0], start[0] + length + 1, dash)
    for index, (left, right) in enumerate(pairwise(stops.tolist())):
        if index % 2 == 0:
            sheet.line([(left, start[1]), (right, start[1])], ink, thickness)
