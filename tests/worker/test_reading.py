import math

import cv2
import numpy as np
import pytest

from worker.faults import EngineError
from worker.processors.ocr import Line, Point, Reading, in_reading_order
from worker.processors.orientation import candidates, orient, slant, straightened
from worker.processors.paddle import lines_of
from worker.processors.picture import Picture


def _line(text: str, x: float, y: float, *, score: float = 0.9, width: int = 200, tilt: float = 0.0) -> Line:
    """A line of 20 pixels' height that rises by `tilt` degrees around the origin."""
    sine, cosine = math.sin(math.radians(tilt)), math.cos(math.radians(tilt))
    corners = [(x, y), (x + width, y), (x + width, y + 20), (x, y + 20)]
    a, b, c, d = (_point(px * cosine + py * sine, py * cosine - px * sine) for px, py in corners)
    return Line(text, score, (a, b, c, d))


def _point(x: float, y: float) -> Point:
    return round(x), round(y)


def _reading(characters: int, score: float = 1.0) -> Reading:
    return in_reading_order([_line("x" * characters, 0, 0, score=score)] if characters else [])


def test_lines_come_in_rows_from_the_top_and_from_the_left() -> None:
    lines = [_line("right", 400, 103), _line("below", 0, 150), _line("left", 0, 100), _line("top", 50, 20)]

    assert "top\nleft right\nbelow" == in_reading_order(lines).text


@pytest.mark.parametrize("tilt", [-12, -5, 5, 12])
def test_rows_hold_together_on_a_slanted_page(tilt: float) -> None:
    lines = [_line(f"{row}{side}", 500 * side, 40 * row, tilt=tilt) for row in range(5) for side in range(2)]

    assert "\n".join(f"{row}0 {row}1" for row in range(5)) == in_reading_order(lines).text


@pytest.mark.parametrize("corner", [(-60, 20), (70, -50), (-90, -70)])
def test_rows_hold_together_on_a_page_seen_from_aslant(corner: tuple[int, int]) -> None:
    """Its lines are not parallel: a page photographed from the side once came out with its rows torn apart."""
    page = np.array([(0, 0), (1000, 0), (1000, 1400), (0, 1400)], np.float32)
    seen = page.copy()
    seen[1] += corner
    matrix = cv2.getPerspectiveTransform(page, seen)
    lines = []
    for row in range(30):
        for side in range(2):
            flat = _line(f"{row}{side}", 60 + 560 * side, 40 + 45 * row, width=250)
            moved = cv2.perspectiveTransform(np.array([flat.polygon], np.float32), matrix)[0]
            a, b, c, d = (_point(float(x), float(y)) for x, y in moved)
            lines.append(Line(flat.text, flat.score, (a, b, c, d)))

    assert "\n".join(f"{row}0 {row}1" for row in range(30)) == in_reading_order(lines).text


def test_confidence_counts_characters_not_lines() -> None:
    reading = in_reading_order([_line("a" * 90, 0, 0, score=1.0), _line("b" * 10, 0, 60, score=0.5)])

    assert reading.confidence == pytest.approx(0.95)
    assert in_reading_order([]).confidence == 0.0


def test_much_read_well_is_more_evidence_than_little_read_perfectly() -> None:
    """61 words at 0.71 once became 2 words at 0.95 and were called an improvement."""
    assert _reading(300, 0.71).evidence > _reading(10, 0.95).evidence


@pytest.mark.parametrize("tilt", [-14, -3.0, 0.5, 7.0, 14.5])
def test_the_slant_is_the_lines_own(tilt: float) -> None:
    lines = [_line("text", 0, 60 * row, width=400, tilt=tilt) for row in range(7)]

    assert slant(lines) == pytest.approx(tilt, abs=0.2)


def test_lines_that_are_measured_unevenly_make_no_level_page_slanted() -> None:
    """What detection measured on the eight lines of a level card; as many lines that agree are believed."""
    measured = (-0.91, -0.56, -0.51, -0.46, -0.25, 0.0, 0.0, 0.0)
    agreeing = (0.5, 0.5, 0.6, 0.55, 0.45, 0.5, 0.4, 0.5)
    told = [
        slant([_line("text", 0, 60 * row, width=400, tilt=tilt) for row, tilt in enumerate(tilts)])
        for tilts in (measured, agreeing)
    ]

    assert 0.0 == told[0]
    assert pytest.approx(0.5, abs=0.1) == told[1]


def test_a_slant_that_few_lines_tell_of_or_that_is_too_great_is_none() -> None:
    assert slant([_line("text", 0, 0, width=400, tilt=5)] * 2) == 0.0
    assert slant([_line("text", 0, 60 * row, width=400, tilt=30) for row in range(5)]) == 0.0


@pytest.mark.parametrize("tilt", [-10.0, 4.0])
def test_a_straightened_page_is_level_and_loses_no_corner(tilt: float) -> None:
    page = np.full((300, 400, 3), 255, np.uint8)
    for x in range(50, 350):
        page[round(150 - (x - 200) * math.tan(math.radians(tilt))), x] = 0

    level = straightened(page, tilt, (255, 255, 255))

    rows = np.argwhere(level.min(axis=2) < 128)[:, 0]
    assert rows.max() - rows.min() <= 3
    assert level.shape[0] > 300
    assert level.shape[1] > 400


def test_a_sure_model_has_one_candidate_and_an_unsure_one_always_includes_no_turn() -> None:
    assert (2,) == candidates((0.02, 0.03, 0.92, 0.03))
    assert (3, 1, 0) == candidates((0.1, 0.35, 0.1, 0.45))


@pytest.mark.parametrize(
    ("turns", "evidence", "expected"),
    [
        ((0,), {0: 50}, 0),
        ((2,), {0: 30, 2: 60}, 2),
        ((2,), {0: 0, 2: 0}, 0),
        ((2,), {0: 0, 2: 5}, 0),
        ((1, 3, 0), {0: 50, 1: 55, 3: 10}, 0),
        ((1, 3, 0), {0: 10, 1: 55, 3: 10}, 1),
    ],
)
def test_a_picture_is_turned_only_by_what_can_be_read_after_it(
    turns: tuple[int, ...], evidence: dict[int, int], expected: int
) -> None:
    picture = np.zeros((1, 2, 3), np.uint8)
    picture[0, 0] = 255
    by_view = {np.rot90(picture, turn).tobytes() + bytes(np.rot90(picture, turn).shape): turn for turn in range(4)}

    def read(view: Picture) -> Reading:
        return _reading(evidence[by_view[view.tobytes() + bytes(view.shape)]])

    assert expected == orient(picture, turns, read).quarter_turns


class _ResultLikeTheEngines(dict[str, object]):
    """The engine answers with a subclass of dict: keys, no attributes."""


def _result(**changes: object) -> _ResultLikeTheEngines:
    polygon = np.array([[0, 0], [9, 0], [9, 5], [0, 5]], dtype=np.int16)
    whole = {"rec_texts": ["ASHA"], "rec_scores": [0.99], "rec_polys": [polygon], "dt_polys": [polygon, polygon]}
    return _ResultLikeTheEngines(whole | changes)


def test_results_are_read_by_key_and_with_the_recognised_polygons() -> None:
    assert [Line("ASHA", 0.99, ((0, 0), (9, 0), (9, 5), (0, 5)))] == lines_of([_result()])


def test_a_page_without_text_is_no_error() -> None:
    assert [] == lines_of([_result(rec_texts=[], rec_scores=[], rec_polys=[])])


@pytest.mark.parametrize(
    "results",
    [
        None,
        [],
        [None],
        [_result(), _result()],
        [{"rec_texts": []}],
        [_result(rec_scores=[])],
        [_result(rec_polys=[[[1, 2]]])],
    ],
)
def test_an_answer_of_another_shape_is_an_error_and_never_an_empty_page(results: object) -> None:
    with pytest.raises(EngineError):
        lines_of(results)
