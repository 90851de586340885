"""A telephone's photograph of a page: it lies a little askew on a wooden desk, in poor light."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from reconciler.local.samples.sheet import Point

Pixels = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where the page's corners lie, clockwise from its top left, and the light; `light` is a share of daylight."""

    size: tuple[int, int]
    corners: tuple[Point, Point, Point, Point]
    lamp: Point
    light: float
    seed: int


def photograph(page: Image.Image, scene: Scene) -> Image.Image:
    """Take the picture, upright."""
    rng = np.random.default_rng(scene.seed)
    desk = _desk(scene.size, rng)
    desk = _shadowed(desk, scene)
    desk.paste(_laid(page, scene), (0, 0), _outline(scene))
    soft = desk.filter(ImageFilter.GaussianBlur(0.6))
    lit = np.asarray(soft, dtype=np.float64) * _lighting(scene)[:, :, None]
    grain = rng.normal(0, 2.6, (scene.size[1], scene.size[0], 1)) + rng.normal(0, 1.2, lit.shape)
    return _picture(lit + grain)


def _desk(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    width, height = size
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float64)
    drift = 26 * np.sin(xs / 310) + 9 * np.sin(xs / 97 + 1.3)
    rings = np.sin((ys + drift) / 13) * 0.5 + np.sin((ys + 1.6 * drift) / 5.3) * 0.25
    streaks = np.asarray(_streaks(size, rng), dtype=np.float64) / 255 - 0.5
    tone = 1 + 0.05 * rings + 0.3 * streaks
    seam = np.where(ys % 400 < 4, 0.55, 1.0)
    return _picture(np.array([138.0, 98.0, 66.0]) * (tone * seam)[:, :, None])


def _streaks(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    coarse = rng.integers(0, 256, (size[1] // 2, 14), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def _shadowed(desk: Image.Image, scene: Scene) -> Image.Image:
    shade = Image.new("L", scene.size, 0)
    ImageDraw.Draw(shade).polygon([(x + 14, y + 18) for x, y in scene.corners], fill=150)
    return Image.composite(Image.new("RGB", scene.size, "#1a120c"), desk, shade.filter(ImageFilter.GaussianBlur(14)))


def _outline(scene: Scene) -> Image.Image:
    # Drawn large and reduced, so that the page's edge is not a staircase.
    large = Image.new("L", (scene.size[0] * 4, scene.size[1] * 4), 0)
    ImageDraw.Draw(large).polygon([(x * 4, y * 4) for x, y in scene.corners], fill=255)
    return large.reduce(4)


def _laid(page: Image.Image, scene: Scene) -> Image.Image:
    width, height = page.size
    page_corners = ((0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height)))
    # The canvas is about twice the picture: without this the nearest samples would alias.
    smooth = page.filter(ImageFilter.GaussianBlur(0.8))
    numbers = _perspective(scene.corners, page_corners)
    return smooth.transform(scene.size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BICUBIC)


def _perspective(seen: tuple[Point, ...], page: tuple[Point, ...]) -> list[float]:
    """The eight numbers that take a point of the picture to its point of the page."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(seen, page, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    values = np.array([part for point in page for part in point])
    return [float(number) for number in np.linalg.solve(np.array(rows), values)]


def _lighting(scene: Scene) -> Pixels:
    width, height = scene.size
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float64)
    away = np.hypot(xs / width - scene.lamp[0], ys / height - scene.lamp[1])
    fall: Pixels = scene.light * (1.08 - 0.36 * np.clip(away, 0, 1.3))
    return fall


def _picture(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
