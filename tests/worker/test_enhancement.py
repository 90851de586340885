from collections.abc import Callable

import cv2
import numpy as np
import pytest

from tests.worker import pages
from tests.worker.test_crop import CORNERS, DESKS, laid
from worker.processors.enhancement import Enhanced, enhance
from worker.processors.ocr import Line, Reading
from worker.processors.picture import Picture
from worker.processors.quality import assess
from worker.processors.shaping import Read, Shaped, shape

WHITE = (255, 255, 255)


def _enhanced(picture: Picture, kind: str = "document") -> Enhanced:
    return enhance(picture, assess(picture), kind)


def _done(enhanced: Enhanced) -> set[str]:
    return {decision.step for decision in enhanced.decisions if decision.done}


def _shaded(picture: Picture) -> Picture:
    across = np.linspace(1, 0.35, picture.shape[1])[None, :, None]
    return pages.noise((picture * across).astype(np.uint8), 2)


def _warm(picture: Picture) -> Picture:
    return np.asarray(picture * np.array([1, 0.82, 0.62])).astype(np.uint8)


def _dim(picture: Picture) -> Picture:
    return pages.noise((picture * 0.2).astype(np.uint8), 2)


def _faint(picture: Picture) -> Picture:
    return (picture * 0.12 + 210).astype(np.uint8)


@pytest.mark.parametrize("kind", ["document", "signature", "photo"])
@pytest.mark.parametrize(
    "make",
    [pages.page, lambda: pages.noise(pages.page(), 6), lambda: _blurred(pages.page(), 2)],
    ids=["clean", "a little noise", "blurred"],
)
def test_a_readable_picture_comes_back_as_the_same_array(make: Callable[[], Picture], kind: str) -> None:
    picture = make()
    before = picture.copy()

    enhanced = _enhanced(picture, kind)

    assert enhanced.picture is picture
    assert np.array_equal(before, picture)
    assert set() == _done(enhanced)
    assert all(decision.why for decision in enhanced.decisions)


@pytest.mark.parametrize(("spoil", "step"), [(_shaded, "light"), (_warm, "white"), (_dim, "range"), (_faint, "range")])
def test_what_is_wrong_is_mended_and_said(spoil: Callable[[Picture], Picture], step: str) -> None:
    page = pages.page()
    spoilt = spoil(page)

    enhanced = _enhanced(spoilt)

    assert {step} == _done(enhanced)
    assert enhanced.quality.score >= assess(spoilt).score
    wrong_before, wrong_after = (
        float(np.mean(np.abs(cv2.blur(one, (3, 3)).astype(float) - cv2.blur(page, (3, 3)))))
        for one in (spoilt, enhanced.picture)
    )
    assert wrong_after < wrong_before * 0.7


def _telephones(picture: Picture) -> Picture:
    """Two thirds of the light, a little soft and grainy: what telephones take in rooms."""
    across = np.linspace(0.65, 0.52, picture.shape[1])[None, :, None]
    return pages.noise(_blurred((picture * across).astype(np.uint8), 0.9), 4)


def _washed_out(picture: Picture) -> Picture:
    return (232 - (232 - picture.astype(float)) * 0.3).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("spoil", [_telephones, _washed_out])
def test_what_a_person_finds_too_dark_or_too_pale_comes_out_as_ink_on_paper(
    spoil: Callable[[Picture], Picture],
) -> None:
    """Recognition bears both; whoever looks at the portal's picture does not."""
    enhanced = _enhanced(spoil(pages.page()))

    grey = cv2.cvtColor(enhanced.picture, cv2.COLOR_RGB2GRAY)
    assert "range" in _done(enhanced)
    assert np.percentile(grey, 60) > 225
    assert np.percentile(grey, 0.5) < 90


def test_a_dark_coloured_card_becomes_lighter_and_keeps_its_colour() -> None:
    blue = np.array((60, 84, 128))
    card = (blue + (255 - pages.page().astype(int)) // 8).clip(0, 255).astype(np.uint8)

    ground = np.median(_enhanced(card).picture.reshape(-1, 3), axis=0)

    assert ground.max() < 250
    assert ground[2] - ground[0] > 60


@pytest.mark.parametrize("ground", [(12, 12, 14), (40, 56, 90), (60, 84, 128)], ids=["black", "navy", "blue"])
def test_light_writing_on_a_dark_ground_is_not_washed_out(ground: tuple[int, int, int]) -> None:
    """There is no paper there to be made white: what is lightest is the writing."""
    share = (255 - pages.page().astype(float)) / 255
    inverted = (np.array(ground) * (1 - share) + 250 * share).clip(0, 255).astype(np.uint8)

    enhanced = _enhanced(inverted)

    before, after = assess(inverted).measures["edge_contrast"], enhanced.quality.measures["edge_contrast"]
    assert after > before * 0.9


def test_a_stretched_range_makes_no_shadow_of_a_little_less_light() -> None:
    page = pages.page()
    across = np.linspace(0.24, 0.18, page.shape[1])[None, :, None]

    enhanced = _enhanced(pages.noise((page * across).astype(np.uint8), 2))

    paper = np.percentile(enhanced.picture[..., 1], 90, axis=0)
    assert {"light", "range"} == _done(enhanced)
    assert paper.max() - paper.min() < 25


def _blurred(picture: Picture, deviation: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), deviation), dtype=np.uint8)


def _likeness(one: Picture, other: Picture) -> float:
    """The ratio of peak signal to noise in decibels."""
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


@pytest.mark.parametrize("kind", ["document", "photo"])
@pytest.mark.parametrize("strength", [30, 38, 60])
def test_strong_noise_is_calmed_and_the_writing_stays_sharp(strength: int, kind: str) -> None:
    page = pages.page()
    noisy = pages.noise(page, strength)

    enhanced = _enhanced(noisy, kind)

    clean, after = assess(page), enhanced.quality
    assert {"noise"} == _done(enhanced)
    assert _likeness(page, enhanced.picture) > _likeness(page, noisy) + 4
    assert after.measures["noise"] < assess(noisy).measures["noise"] / 3
    assert after.parts.sharpness > clean.parts.sharpness - 0.05
    assert after.measures["edge_contrast"] > clean.measures["edge_contrast"] * 0.8


def test_noise_in_colour_is_calmed_and_colours_stay() -> None:
    card = np.minimum(pages.page(), np.array((205, 222, 240), np.uint8))
    card[300:420, 200:900] = (150, 40, 60)
    calm = _enhanced(pages.noise(card, 38)).picture

    assert np.abs(calm[330:390, 230:870].mean(axis=(0, 1)) - (150, 40, 60)).max() < 6
    assert calm[330:390, 230:870].std(axis=(0, 1)).max() < 12


def _hairlines() -> Picture:
    """A fine, faint screen, as it is printed on cheques: to a denoiser it is noise."""
    sheet = np.full((638, 1012, 3), 235, np.uint8)
    sheet[40:600, 20:990:6] = 175
    return pages.noise(sheet, 38)


@pytest.mark.parametrize(
    ("make", "kind", "why"),
    [
        (lambda: pages.noise(_blurred(pages.page(size=20), 2.6), 38), "document", "sharpness"),
        (_hairlines, "photo", "edges"),
    ],
    ids=["blurred small print", "hairlines"],
)
def test_calming_that_would_smear_what_is_drawn_is_taken_back(make: Callable[[], Picture], kind: str, why: str) -> None:
    drowned = make()

    enhanced = _enhanced(drowned, kind)

    assert enhanced.picture is drowned
    assert next(one.why for one in enhanced.decisions if one.step == "noise").startswith(why)


def test_noise_is_judged_by_what_the_light_has_left() -> None:
    """In the dark it is small, and it grows with the light."""
    dark = pages.noise((pages.page() * 0.2).astype(np.uint8), 8)

    enhanced = _enhanced(dark)

    assert assess(dark).measures["noise"] < 6
    assert {"range", "noise"} == _done(enhanced)


def test_a_photograph_as_large_as_it_is_worked_on_is_mended_too() -> None:
    page = pages.page(2600, 1950, size=70)

    assert {"range"} == _done(_enhanced((page * 0.2).astype(np.uint8)))


def test_a_coloured_card_and_cream_paper_keep_their_colours() -> None:
    for paper in ((205, 222, 240), (244, 239, 228), (245, 200, 210)):
        card = np.minimum(pages.page(), np.array(paper, np.uint8))

        assert "white" not in _done(_enhanced(card))


def test_a_photo_is_left_in_its_own_light() -> None:
    assert set() == _done(_enhanced(_shaded(pages.page()), "photo"))


def test_a_blank_page_is_left_alone() -> None:
    blank = np.full((600, 800, 3), 90, np.uint8)

    assert _enhanced(blank).picture is blank


def _reading(score: float, *corners: tuple[int, int]) -> Reading:
    a, b, c, d = corners or ((80, 60), (900, 60), (900, 120), (80, 120))
    return Reading(((Line("ASHA VERMA 4471 2093", score, (a, b, c, d)),),))


def _shaped(picture: Picture, reading: Reading, read: Read, kind: str = "document") -> Shaped:
    return shape(picture, reading, assess(picture), kind=kind, background=WHITE, read=read)


def _never(_picture: Picture) -> Reading:
    raise AssertionError("read again without a reason")


def test_a_good_reading_is_never_read_again() -> None:
    assert 0.97 == pytest.approx(_shaped(_dim(pages.page()), _reading(0.97), _never).reading.confidence)


def test_a_poor_reading_of_a_picture_that_nothing_is_wrong_with_is_not_read_again() -> None:
    page = pages.page()

    assert _shaped(page, _reading(0.5), _never).picture is page


@pytest.mark.parametrize(("again", "kept"), [(0.9, 0.9), (0.4, 0.5), (0.5, 0.5)])
def test_a_second_reading_counts_only_where_it_recovers_more(again: float, kept: float) -> None:
    shaped = _shaped(_dim(pages.page()), _reading(0.5), lambda _picture: _reading(again))

    assert kept == pytest.approx(shaped.reading.confidence)
    assert (kept > 0.5) == next(one.done for one in shaped.decisions if one.step == "read_again")


def test_a_sheet_is_cut_out_unless_writing_would_be_lost_or_it_is_no_document() -> None:
    corners = np.array(CORNERS["turned"], float)
    picture = laid(pages.page(1012, 638), corners, DESKS["grey"])
    inside = _reading(0.97, (600, 400), (900, 400), (900, 450), (600, 450))
    outside = _reading(0.97, (20, 20), (150, 20), (150, 60), (20, 60))

    assert _shaped(picture, inside, _never).outline is not None
    assert _shaped(picture, outside, _never).outline is None
    assert _shaped(picture, inside, _never, "photo").outline is None
