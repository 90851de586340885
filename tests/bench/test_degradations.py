"""What degradations do to a page, and where they say its points went."""

import cv2
import numpy as np
import pytest

from bench.documents.degradations import Blur, Degradation, Glare, Motion, Perspective, Pixels, Scale, Skew, Turn
from bench.documents.plan import DEGRADATIONS
from bench.documents.probes import probes
from bench.documents.truth import Line, Truth

SEED = (7, 1)
DOT = (260, 90)
"""Where the page has its only ink, and the middle of its only line."""


def _page() -> Pixels:
    page = np.full((300, 400, 3), 255, np.uint8)
    cv2.circle(page, DOT, 8, (0, 0, 0), -1)
    return page


def _truth() -> Truth:
    x, y = DOT
    polygon = ((x - 20.0, y - 9.0), (x + 20.0, y - 9.0), (x + 20.0, y + 9.0), (x - 20.0, y + 9.0))
    return Truth(kind="dot", lines=(Line(text="dot", polygon=polygon, row=0),), fields={})


def _middle(truth: Truth) -> tuple[float, float]:
    x, y = np.array(truth.lines[0].polygon).mean(axis=0)
    return float(x), float(y)


@pytest.mark.parametrize("degradation", DEGRADATIONS, ids=lambda one: one.name)
def test_the_truth_goes_where_the_ink_goes(degradation: Degradation) -> None:
    pixels, truth = degradation.apply(_page(), _truth(), SEED)
    smooth = cv2.GaussianBlur(pixels, (0, 0), 3 * min(pixels.shape[:2]) / 300).astype(int).sum(axis=2)
    if degradation.name == "dim":
        smooth = smooth - cv2.blur(smooth.astype(np.float64), (61, 61)).astype(int)
    x, y = _middle(truth)
    reach = 60
    left, top = max(0, round(x) - reach), max(0, round(y) - reach)
    around = smooth[top : top + 2 * reach, left : left + 2 * reach]
    darkest = np.unravel_index(int(around.argmin()), around.shape)

    assert np.hypot(left + darkest[1] - x, top + darkest[0] - y) < 8


@pytest.mark.parametrize("degradation", DEGRADATIONS, ids=lambda one: one.name)
def test_a_degradation_does_the_same_for_the_same_seed(degradation: Degradation) -> None:
    once, again = (degradation.apply(_page(), _truth(), SEED) for _ in range(2))

    assert np.array_equal(once[0], again[0])
    assert once[1] == again[1]


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_page_is_upright_after_the_quarters_it_tells(quarters: int) -> None:
    pixels, truth = Degradation("turned", Turn(quarters)).apply(_page(), _truth(), SEED)

    assert truth.quarter_turns == quarters
    assert np.array_equal(_page(), np.rot90(pixels, quarters))


def test_turns_add_up() -> None:
    _, truth = Degradation("turned", Turn(3), Turn(2)).apply(_page(), _truth(), SEED)

    assert truth.quarter_turns == 1


@pytest.mark.parametrize("step", [Skew(14), Skew(5), Perspective(0.09)], ids=str)
def test_a_page_that_is_laid_askew_loses_no_corner(step: Skew | Perspective) -> None:
    height, width = 300, 400
    corners = ((0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height)))
    whole = Truth(kind="page", lines=(Line(text="page", polygon=corners, row=0),), fields={})

    pixels, truth = Degradation("askew", step).apply(_page(), whole, SEED)

    for x, y in truth.lines[0].polygon:
        assert -0.5 <= x <= pixels.shape[1] + 0.5
        assert -0.5 <= y <= pixels.shape[0] + 0.5


def test_a_skewed_page_is_skewed_by_its_degrees() -> None:
    _, truth = Degradation("askew", Skew(10)).apply(_page(), _truth(), SEED)
    (ax, ay), (bx, by), _, _ = truth.lines[0].polygon

    assert abs(np.degrees(np.arctan2(by - ay, bx - ax))) == pytest.approx(10, abs=0.1)


def test_half_the_size_is_half_the_size() -> None:
    pixels, truth = Degradation("small", Scale(0.5)).apply(_page(), _truth(), SEED)

    assert pixels.shape == (150, 200, 3)
    assert _middle(truth) == pytest.approx((DOT[0] / 2, DOT[1] / 2))


@pytest.mark.parametrize("step", [Blur(2), Motion(9)], ids=str)
def test_blur_moves_no_ink_off_the_page(step: Blur | Motion) -> None:
    pixels, _ = Degradation("blurred", step).apply(_page(), _truth(), SEED)

    widened = int((pixels < 250).sum()) / int((_page() < 250).sum())
    assert 1.1 < widened < 5
    assert float(pixels.mean()) == pytest.approx(float(_page().mean()), abs=0.2)


def test_glare_hides_ink_and_reaches_not_everywhere() -> None:
    grey = np.full((300, 400, 3), 60, np.uint8)

    pixels, _ = Degradation("glare", Glare(0.95)).apply(grey, _truth(), SEED)

    assert int(pixels.max()) > 240
    assert float(np.mean(pixels < 80)) > 0.5


def test_probes_are_the_same_for_the_same_seed_and_hold_no_two_alike() -> None:
    once, again = probes(3), probes(3)

    assert len({pixels.tobytes() for pixels in once.values()}) == len(once)
    for name, pixels in once.items():
        assert pixels.dtype == np.uint8
        assert np.array_equal(pixels, again[name])
