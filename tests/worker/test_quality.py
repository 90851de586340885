from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.worker import pages
from worker.processors.fading import faded_lines
from worker.processors.ocr import Line
from worker.processors.picture import Picture
from worker.processors.quality import assess, with_faded_lines


def _moved(picture: Picture, pixels: int) -> Picture:
    path = np.zeros((pixels, pixels), np.float32)
    path[pixels // 2] = 1 / pixels
    return np.asarray(cv2.filter2D(picture, -1, path), dtype=np.uint8)


def _blurred(picture: Picture, deviation: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), deviation), dtype=np.uint8)


def _codes(picture: Picture) -> set[str]:
    return {warning.split(":")[0] for warning in assess(picture).warnings}


def test_a_clean_page_scores_high_and_draws_no_advice() -> None:
    quality = assess(pages.page())

    assert quality.score > 0.9
    assert quality.warnings == ()


def test_a_page_scores_the_same_at_every_size_and_turn() -> None:
    page = pages.page(1600, 1200, size=44)
    half = np.asarray(cv2.resize(page, (800, 600), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    scores = [assess(picture).score for picture in (page, np.rot90(page).copy(), half)]

    assert max(scores) - min(scores) < 0.05


def test_more_blur_never_scores_higher() -> None:
    scores = [assess(_blurred(pages.page(), deviation)).score for deviation in (0.5, 1.5, 3, 5, 8)]

    assert sorted(scores, reverse=True) == scores
    assert scores[-1] < 0.4


def test_noise_is_never_taken_for_sharpness() -> None:
    blurred = _blurred(pages.page(), 3)

    assert assess(pages.noise(blurred, 25)).score <= assess(blurred).score + 0.02


def test_a_camera_that_moved_is_noticed_though_one_direction_stays_sharp() -> None:
    assert "BLURRED" in _codes(_moved(pages.page(), 21))


@pytest.mark.parametrize("noise", [0, 10, 60])
def test_blank_paper_is_blank_however_noisy(noise: int) -> None:
    paper = np.full((638, 1012, 3), 220, np.uint8)

    quality = assess(pages.noise(paper, noise))

    assert (0.0, True) == (quality.score, quality.is_blank)


def test_one_line_of_writing_is_not_blank() -> None:
    page = np.full((900, 1240, 3), 250, np.uint8)
    page[70:130] = pages.page()[70:130]

    assert not assess(page).is_blank


@pytest.mark.parametrize("size", [18, 26, 60])
def test_the_size_of_the_letters_makes_no_page_sharper_or_more_blurred(size: int) -> None:
    page = pages.page(1240, 1754, size=size)

    assert assess(page).parts.sharpness > 0.95
    assert 0.05 < assess(_blurred(page, 3)).parts.sharpness < 0.9


def test_a_form_whose_lines_are_pale_is_not_faint() -> None:
    """Of a form most edges are those of its boxes, and they are pale on purpose."""
    page = pages.page(1240, 1754, size=44).copy()
    for top in range(60, 1700, 200):
        cv2.rectangle(page, (20, top), (1220, top + 60), (205, 212, 208), 1)

    assert assess(page).parts.contrast > 0.9


def test_a_dark_page_and_a_faint_one_are_told_apart() -> None:
    page = pages.page()

    assert "DARK" in _codes((page * 0.2).astype(np.uint8))
    assert {"FAINT"} == _codes((page * 0.15 + 190).astype(np.uint8))


def test_good_pages_rank_above_poor_ones() -> None:
    page = pages.page()
    good = [page, pages.noise(page, 10), _blurred(page, 1.0)]
    poor = [_blurred(page, 6), _moved(page, 25), (page * 0.12).astype(np.uint8), pages.noise(_blurred(page, 6), 25)]

    assert min(assess(one).score for one in good) > max(assess(one).score for one in poor) + 0.2


@pytest.mark.parametrize("degrees", range(0, 180, 15))
def test_a_movement_is_seen_in_whatever_direction_it_went(degrees: int) -> None:
    page = pages.page(1240, 1754, size=26)
    path = np.zeros((41, 41), np.float32)
    path[20] = 1 / 41
    turn = cv2.getRotationMatrix2D((20, 20), degrees, 1)
    moved = np.asarray(cv2.filter2D(page, -1, cv2.warpAffine(path, turn, (41, 41))), dtype=np.uint8)

    assert "BLURRED" in _codes(moved)
    assert assess(moved).score < assess(page).score / 2


def _lit(picture: Picture, strength: float) -> Picture:
    """A lamp's reflection, with its halo, in the middle of the page."""
    height, width = picture.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width]
    lamp = np.exp(-((((ys - height / 2) / 200) ** 2 + ((xs - width / 2) / 300) ** 2) ** 2)) * 255 * strength
    lit: Picture = np.clip(picture * 0.8 + lamp[..., None], 0, 255).astype(np.uint8)
    return lit


def test_a_lamps_reflection_is_glare_and_white_paper_or_print_is_not() -> None:
    page = pages.page()
    boxed = (page * 0.85).astype(np.uint8)
    boxed[300:600, 400:900] = 255

    assert {"GLARE"} == _codes(_lit(page, 0.9))
    assert set() == _codes(page) | _codes(np.minimum(page.astype(int) + 10, 255).astype(np.uint8)) | _codes(boxed)
    assert set() == _codes(pages.noise(page, 12))


def _lines(page: Picture, *, size: int = 34) -> list[Line]:
    """The lines of pages.page as recognition would give them."""
    height, width = page.shape[:2]
    tops = [height // 12 + number * height // 8 for number in range(len(pages.LINES))]
    ends = [width // 15 + size * len(text) * 0.55 for text in pages.LINES]
    return [
        Line(text, 0.98, ((width // 15, top), (end, top), (end, top + size * 1.2), (width // 15, top + size * 1.2)))
        for text, top, end in zip(pages.LINES, tops, ends, strict=True)
    ]


def _mirrored(page: Picture, strength: float = 0.95) -> Picture:
    """A lamp on paper as white as itself: what is seen of it is the ink that it takes."""
    height, width = page.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width]
    share = strength * np.exp(-(((xs - width * 0.28) / (width * 0.14)) ** 2 + ((ys - height * 0.4) / 150) ** 2))
    return np.asarray(page * (1 - share[..., None]) + 255 * share[..., None]).astype(np.uint8)


def test_a_lamp_on_white_paper_is_told_by_the_lines_that_fade_in_it() -> None:
    page = np.where(pages.page() > 240, 255, pages.page()).astype(np.uint8)
    lit = _mirrored(page)

    quality = with_faded_lines(assess(lit), faded_lines(lit, _lines(page)))

    assert set() == _codes(lit)
    assert quality.measures["faded_lines"] >= 1
    assert ["GLARE"] == [one.split(":")[0] for one in quality.warnings]
    assert quality.score < assess(page).score


@pytest.mark.parametrize(
    "spoil",
    [
        lambda page: page,
        lambda page: _blurred(page, 3),
        lambda page: _moved(page, 13),
        lambda page: pages.noise(page, 38),
        lambda page: (page * 0.25).astype(np.uint8),
        lambda page: (page * 0.3 + 165).astype(np.uint8),
        lambda page: np.where(page < 128, (60 + np.arange(1240) // 10)[None, :, None], page).astype(np.uint8),
    ],
    ids=["clean", "blurred", "moved", "noisy", "dim", "faint", "ink that grows paler over the page"],
)
def test_lines_fade_in_nothing_but_light(spoil: Callable[[Picture], Picture]) -> None:
    page = spoil(pages.page())

    quality = with_faded_lines(assess(page), faded_lines(page, _lines(page)))

    assert 0 == quality.measures["faded_lines"]
    assert assess(page).score == quality.score
    assert assess(page).warnings == quality.warnings


def test_a_line_of_two_inks_and_a_scribble_are_no_glare() -> None:
    page = pages.page()
    inks = page.copy()
    inks[:, 300:520] = np.maximum(inks[:, 300:520], 190)
    scribble = [replace(line, score=0.5) for line in _lines(page)]

    assert 0 == faded_lines(inks, _lines(page))
    assert 0 == faded_lines(_mirrored(page), scribble)
    assert 0 == faded_lines(page, [])


def _natural(width: int = 900, height: int = 1200) -> Picture:
    """A spectrum that falls off as that of faces and landscapes does, where print has one full of fine strokes."""
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    frequency = np.maximum(np.hypot(down, across), 1 / width)
    phases = np.random.default_rng(3).uniform(0, 2 * np.pi, frequency.shape)
    grey = np.fft.irfft2(np.exp(1j * phases) / frequency**1.3, (height, width))
    return np.repeat((128 + 45 * grey / grey.std()).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize("kind", ["photo", "signature"])
def test_a_photo_is_not_blurred_because_it_has_no_print(kind: str) -> None:
    natural = _natural()

    sharp, blurred = assess(natural, kind), assess(_blurred(natural, 9), kind)

    assert () == sharp.warnings
    assert sharp.score > 0.9
    assert ("BLURRED",) == tuple(one.split(":")[0] for one in blurred.warnings)
    assert blurred.score < sharp.score / 2
    assert assess(natural).parts.sharpness < sharp.parts.sharpness


def test_a_face_before_a_wall_is_not_faint_and_a_signature_may_be() -> None:
    faint = (pages.page() * 0.12 + 200).astype(np.uint8)

    assert [True, False, True] == [
        any(one.startswith("FAINT") for one in assess(faint, kind).warnings)
        for kind in ("document", "photo", "signature")
    ]
