"""Make the picture that the portal gets easier to look at, where its measures ask for it, and say why.

Not for reading: recognition bears dim, faint and noisy pages better than it bears what is done to mend them. A picture
that can be read as it is comes back untouched, the same array. No step may leave the page scoring lower than before.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from worker.processors.noise import calmed
from worker.processors.picture import Array, Picture
from worker.processors.quality import Quality, assess

UNEVEN_MIN = 0.3
"""How much darker the darkest paper may be than the brightest before the light is evened out."""
UNEVEN_STRETCHED_MIN = 0.1
"""The same where the range is stretched, which makes four times as much of the difference."""
WARM_MIN, WARM_MAX = 0.14, 0.5
"""How far blue may lack behind red on paper: less is cream paper, more is a coloured sheet and no lamp."""
NOISE_MAX = 6.0
"""Noise, as a deviation at the working size, that is seen in the portal's picture."""
CONTRAST_MIN, BRIGHT_MIN = 0.6, 0.9
"""Below these parts the range is stretched: ink within 75 levels of the paper, or paper darker than 173."""
GAIN_MAX = 4.0
"""More would show noise in place of writing."""
_WHITE = 242.0
_CELLS = 48
_PIXELS_MAX = 7_000_000
"""A telephone's photograph as it is worked on has 5 million. What is larger was asked for by a portal of that size."""
SHARPNESS_LOSS_MAX, CONTRAST_KEPT_MIN = 0.05, 0.8
"""What a step may cost: calming noise of the part, any of the height of edges, in which the noise itself counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One step that was thought of: its name, whether it was done, and why."""

    step: str
    done: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enhanced:
    """The picture, the same array where nothing was done, with its quality and every decision."""

    picture: Picture
    quality: Quality
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Light:
    """What the paper tells of the light: its level over the page in each colour, and two figures of it."""

    field: Array
    uneven: float
    warm: float


def enhance(picture: Picture, quality: Quality, kind: str) -> Enhanced:
    """Do what the measures ask for. Of a photo only noise is touched: it has no paper that tells of the light."""
    if quality.is_blank:
        return Enhanced(picture=picture, quality=quality, decisions=(_left("all", "the page is blank"),))
    if picture.shape[0] * picture.shape[1] > _PIXELS_MAX:
        return Enhanced(picture=picture, quality=quality, decisions=(_left("all", "the picture is too large"),))
    light = _light(picture) if kind != "photo" else None
    ranged = _range_steps(quality, light)
    is_stretched = any(decision.done for decision, _ in ranged)
    lit = _kept(picture, quality, kind, [*_light_steps(light, is_stretched=is_stretched), *ranged])
    # Judged by itself, and on what the light has left: a range that is stretched shows more noise.
    calm = _kept(lit.picture, lit.quality, kind, [_noise_step(lit.quality)], is_worse=_is_smeared)
    return replace(calm, decisions=lit.decisions + calm.decisions)


def left_alone(picture: Picture, quality: Quality, kind: str) -> Enhanced:  # noqa: ARG001 - in place of `enhance`
    """Do nothing, as was asked for."""
    return Enhanced(picture=picture, quality=quality, decisions=(_left("all", "it was asked not to"),))


Step = tuple[Decision, Callable[[Picture], Picture]]


def _left(step: str, why: str) -> Decision:
    return Decision(step=step, done=False, why=why)


def _is_paled(before: Quality, after: Quality) -> str:
    """In words, if the page scores lower, or its writing stands out less: on a dark ground it is what is lightest."""
    heights = before.measures["edge_contrast"], after.measures["edge_contrast"]
    if heights[1] < heights[0] * CONTRAST_KEPT_MIN:
        return f"edges stood {heights[1]:.0f} levels high after it and {heights[0]:.0f} before"
    if after.score >= before.score:
        return ""
    return f"the page scored {after.score:.2f} after it and {before.score:.2f} before"


def _is_smeared(before: Quality, after: Quality) -> str:
    """In words, if the writing is paler or less sharp, which less noise makes up for in the score alone."""
    if after.parts.sharpness < before.parts.sharpness - SHARPNESS_LOSS_MAX:
        return f"sharpness was {after.parts.sharpness:.2f} after it and {before.parts.sharpness:.2f} before"
    return _is_paled(before, after)


def _kept(
    picture: Picture,
    quality: Quality,
    kind: str,
    steps: list[Step],
    is_worse: Callable[[Quality, Quality], str] = _is_paled,
) -> Enhanced:
    """The picture after all wanted steps, or as it was where they made the page worse."""
    decisions = tuple(decision for decision, _ in steps)
    better = picture
    for decision, act in steps:
        better = act(better) if decision.done else better
    if better is picture:
        return Enhanced(picture=picture, quality=quality, decisions=decisions)
    after = assess(better, kind)
    if not (undone := is_worse(quality, after)):
        return Enhanced(picture=better, quality=after, decisions=decisions)
    taken_back = tuple(_left(one.step, undone) if one.done else one for one in decisions)
    return Enhanced(picture=picture, quality=quality, decisions=taken_back)


def _light(picture: Picture) -> _Light:
    """The paper's level, by a smooth surface over the lighter cells: it cannot follow a portrait or a header."""
    cells = _paper_cells(picture)
    height, width = cells.shape[:2]
    ys, xs = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(xs), xs, ys, xs * ys, xs * xs, ys * ys], axis=-1).reshape(-1, 6)
    level = np.log(np.maximum(cells.reshape(-1, 3), 1.0))
    bright = level.mean(axis=1)
    trusted = bright >= np.percentile(bright, 40)
    model = np.zeros((6, 3))
    for _ in range(6):
        model, *_rest = np.linalg.lstsq(terms[trusted], level[trusted], rcond=None)
        below = (terms @ model).mean(axis=1) - bright
        trusted = (below < 0.12) & (below > -0.2)
        if trusted.mean() < 0.2:
            break
    field = np.exp(terms @ model).reshape(height, width, 3)
    # Where no paper is seen the surface is a guess, and no guess may lie outside what was seen.
    seen = cells.reshape(-1, 3)[trusted] if trusted.any() else cells.reshape(-1, 3)
    field = np.clip(field, np.percentile(seen, 1, axis=0), np.percentile(seen, 99, axis=0))
    grey, typical = field.mean(axis=2), np.median(seen, axis=0)
    uneven = 1 - float(np.percentile(grey, 2) / np.percentile(grey, 98))
    # Under a lamp green lies between; a pink sheet lacks more of it than of blue.
    lacking = typical[2] if typical[1] >= typical[2] else typical[0]
    return _Light(field=field.astype(np.float32), uneven=uneven, warm=1 - float(lacking / max(1.0, typical[0])))


def _paper_cells(picture: Picture) -> Array:
    """The lightest of each part of the page, in a few cells: what is not writing."""
    scale = 4 * _CELLS / max(picture.shape[:2])
    size = max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale))
    small = cv2.dilate(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.ones((5, 5), np.uint8))
    cells = max(4, size[0] // 4), max(4, size[1] // 4)
    return np.asarray(cv2.resize(small, cells, interpolation=cv2.INTER_AREA), dtype=np.float64)


def _light_steps(light: _Light | None, *, is_stretched: bool) -> list[Step]:
    if light is None:
        return [(_left("light", "a photo is left in its own light"), _same)]
    borne = UNEVEN_STRETCHED_MIN if is_stretched else UNEVEN_MIN
    even, warm = light.uneven >= borne, WARM_MIN <= light.warm <= WARM_MAX
    shade = f"the paper's light differs by {light.uneven:.0%} over the page, {borne:.0%} are borne"
    tint = f"blue lacks {light.warm:.0%} on the paper, lamps make {WARM_MIN:.0%} to {WARM_MAX:.0%}"
    return [
        (Decision(step="light", done=even, why=shade), lambda picture: _evened(picture, light)),
        (Decision(step="white", done=warm, why=tint), lambda picture: _whitened(picture, light)),
    ]


def _same(picture: Picture) -> Picture:
    return picture


def _evened(picture: Picture, light: _Light) -> Picture:
    """The picture in the light of its brightest paper."""
    grey = light.field.mean(axis=2)
    gain = np.clip(np.percentile(grey, 98) / np.maximum(grey, 1.0), 1.0, GAIN_MAX).astype(np.float32)
    size = picture.shape[1], picture.shape[0]
    full = cv2.resize(gain, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(picture, cv2.merge([full, full, full]), dtype=cv2.CV_8U), dtype=np.uint8)


def _whitened(picture: Picture, light: _Light) -> Picture:
    """The picture with its paper as green and blue as it is red, no brighter than it was at its brightest."""
    red, green, blue = (float(np.median(light.field[..., number])) for number in range(3))
    gains = np.minimum(np.array([1.0, red / max(1.0, green), red / max(1.0, blue)]), GAIN_MAX)
    return _mapped(picture, [np.arange(256) * gain for gain in gains])


def _range_steps(quality: Quality, light: _Light | None) -> list[Step]:
    if light is None:
        return [(_left("range", "a photo keeps its own range"), _same)]
    parts = quality.parts
    wanted = parts.contrast < CONTRAST_MIN or parts.exposure < BRIGHT_MIN
    why = (
        f"contrast is {parts.contrast:.2f} and exposure {parts.exposure:.2f}, borne are {CONTRAST_MIN} and {BRIGHT_MIN}"
    )
    return [(Decision(step="range", done=wanted, why=why), _stretched)]


def _stretched(picture: Picture) -> Picture:
    """Ink darker and paper lighter, by one line for all colours."""
    few = picture[::4, ::4]
    # Paper by its lightest colour, so that a tinted card becomes lighter and not another colour.
    dark = float(np.percentile(cv2.cvtColor(few, cv2.COLOR_RGB2GRAY), 0.5))
    paper = float(np.percentile(few.max(axis=2), 90))
    gain = min(GAIN_MAX, _WHITE / max(1.0, paper - 0.9 * dark))
    return _mapped(picture, [np.arange(256) * gain + _WHITE - gain * paper] * 3)


def _mapped(picture: Picture, lines: list[Array]) -> Picture:
    table = np.clip(np.rint(np.stack(lines, axis=-1)), 0, 255).astype(np.uint8)[None]
    return np.asarray(cv2.LUT(picture, table), dtype=np.uint8)


def _noise_step(quality: Quality) -> Step:
    noise = quality.measures["noise"]
    why = f"the noise deviates by {noise:.0f} levels, {NOISE_MAX:.0f} are borne"
    return Decision(step="noise", done=noise > NOISE_MAX, why=why), lambda picture: calmed(picture, noise)
