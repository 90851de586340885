"""A sheet is cut out where its outline is certain, to the pixel, and nothing else ever is."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from reconciler.local.samples import certificate, form, id_card, mark_sheet, receipt
from tests.worker import pages
from worker.processors.crop import cut_out, find_outline
from worker.processors.picture import Array, Picture

CORNERS = {
    "level": ((160, 140), (1440, 140), (1440, 947), (160, 947)),
    "turned": ((210, 250), (1400, 110), (1488, 858), (298, 998)),
    "from below": ((260, 150), (1340, 170), (1470, 1010), (130, 990)),
    "from the left": ((150, 90), (1390, 210), (1400, 950), (160, 1090)),
}
DESKS = {"grey": (118, 121, 125), "dark": (45, 42, 40), "blue": (60, 80, 120)}
CORNER_ERROR_MAX = 4.0
"""Pixels of a picture of 1600 x 1200: a quarter of a percent of its width."""


def _card() -> Picture:
    return np.asarray(id_card.draw().picture().convert("RGB"))


def laid(page: Picture, corners: Array, desk: tuple[int, int, int]) -> Picture:
    """A photograph, 1600 x 1200, of the page on a desk under a lamp."""
    height, width = page.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    seen = cv2.warpPerspective(page.astype(np.float32), matrix, (1600, 1200))
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, (1600, 1200))[..., None]
    ys, xs = np.mgrid[0:1200, 0:1600]
    lamp = (1.02 - 0.25 * np.hypot(xs / 1600 - 0.3, ys / 1200 - 0.2))[..., None]
    scene = cv2.GaussianBlur((np.array(desk) * (1 - mask) + seen * mask) * lamp, (0, 0), 0.8)
    return pages.noise(scene, 3)


@pytest.mark.parametrize("desk", DESKS)
@pytest.mark.parametrize("place", CORNERS)
def test_a_card_on_a_desk_is_found_to_the_pixel(place: str, desk: str) -> None:
    corners = np.array(CORNERS[place], float)

    outline = find_outline(laid(_card(), corners, DESKS[desk]))

    assert outline is not None
    assert np.linalg.norm(np.array(outline.corners) - corners, axis=1).max() < CORNER_ERROR_MAX


@pytest.mark.parametrize("degrees", [-14, -5, -2, 3, 5, 9, 14])
@pytest.mark.parametrize("scale", [0.6, 1.5])
def test_a_card_laid_askew_is_found_though_its_corners_touch_the_border(degrees: float, scale: float) -> None:
    card = cv2.resize(_card(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    picture, corners = _askew(np.asarray(card, np.uint8), degrees)

    outline = find_outline(picture)

    assert outline is not None
    wrong = np.linalg.norm(np.array(outline.corners) - corners, axis=1).max()
    assert wrong < 0.003 * max(picture.shape)


def _askew(page: Picture, degrees: float, ground: tuple[int, int, int] = (104, 112, 121)) -> tuple[Picture, Array]:
    """The page turned by some degrees on a ground that is just as large as it needs, and where its corners are."""
    height, width = page.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    angle = np.radians(degrees)
    turned = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned -= turned.min(axis=0)
    size = np.ceil(turned.max(axis=0)).astype(int)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), turned.astype(np.float32))
    laid_down = cv2.warpPerspective(page, matrix, (int(size[0]), int(size[1])), borderValue=ground)
    return np.asarray(laid_down, np.uint8), turned


@pytest.mark.parametrize("place", CORNERS)
def test_what_is_cut_out_is_the_card(place: str) -> None:
    picture = laid(_card(), np.array(CORNERS[place], float), DESKS["grey"])
    outline = find_outline(picture)
    assert outline is not None

    cut, matrix = cut_out(picture, outline)

    card = cv2.resize(_card(), (cut.shape[1], cut.shape[0]), interpolation=cv2.INTER_AREA)
    alike = np.corrcoef(cv2.blur(cut, (9, 9)).ravel(), cv2.blur(card, (9, 9)).ravel())[0, 1]
    assert alike > 0.97
    placed = cv2.perspectiveTransform(np.array([outline.corners], np.float32), matrix)[0]
    assert np.abs(placed[2] - (cut.shape[1] - 0.5, cut.shape[0] - 0.5)).max() < 0.1


def _framed() -> Picture:
    """A form whose one big frame takes most of the page."""
    page = pages.page(1240, 1754, size=26).copy()
    cv2.rectangle(page, (90, 110), (1150, 1640), (20, 20, 20), 5)
    return page


def _panelled() -> Picture:
    """A page with a tinted panel, printed level and in its middle."""
    page = np.full((1200, 1600, 3), 255, np.uint8)
    page[150:1050, 200:1400] = (214, 226, 240)
    return page


def _table() -> Picture:
    page = np.full((1200, 1600, 3), 250, np.uint8)
    for at in range(150, 1051, 90):
        cv2.line(page, (150, at), (1450, at), (30, 30, 30), 3)
    for at in range(150, 1451, 260):
        cv2.line(page, (at, 150), (at, 1050), (30, 30, 30), 3)
    page[150:240, 150:1450] //= 2
    return page


def _face() -> Picture:
    ys, xs = np.mgrid[0:1600, 0:1200].astype(np.float32)
    oval = np.exp(-(((xs - 600) / 330) ** 4 + ((ys - 760) / 450) ** 4))[..., None]
    face = np.full((1600, 1200, 3), 238.0) * (1 - oval) + np.array([150, 110, 90]) * oval
    return pages.noise(face.astype(np.uint8), 4)


def _hills() -> Picture:
    ys = np.mgrid[0:1200, 0:1600][0]
    rough = np.random.default_rng(3).normal(0, 30, (12, 16, 3)).astype(np.float32)
    hills = np.asarray(cv2.resize(rough, (1600, 1200))) + (ys / 8 + 60)[..., None]
    return np.asarray(np.clip(hills, 0, 255), dtype=np.uint8)


def _writing_outside() -> Picture:
    """A tinted box that was stamped askew on a page with text around it."""
    page = pages.page(1600, 1200, size=40).copy()
    cv2.fillConvexPoly(page, np.array([[420, 500], [1430, 540], [1410, 1120], [400, 1080]]), (120, 160, 200))
    return page


def _headed() -> Picture:
    """A letter with a coloured band across its head and one down its side."""
    page = pages.page(1240, 1754, size=26).copy()
    page[:190], page[:, :60] = (30, 90, 60), (30, 90, 60)
    return page


def _flush() -> Picture:
    """A card that lies along a side of the picture, so that only three of its own are seen."""
    return laid(_card(), np.array(CORNERS["level"], float), DESKS["dark"])[100:1000, 165:]


def _clipped() -> Picture:
    """A card that was turned out of the picture by a corner."""
    askew, _ = _askew(_card(), 12)
    return np.ascontiguousarray(askew[:, 60:])


def _slanted_field() -> Picture:
    """A poster: a slanted field of colour from corner to corner, with nothing around it but more of the poster."""
    page = pages.noise(np.full((900, 1400, 3), 236, np.uint8), 3)
    cv2.fillConvexPoly(page, np.array([[0, 300], [1399, 120], [1399, 640], [0, 820]]), (200, 60, 40))
    return page


NOTHING: dict[str, Callable[[], Picture]] = {
    "page": pages.page,
    "noisy page": lambda: pages.noise(pages.page(), 25),
    "card": _card,
    "mark sheet": lambda: np.asarray(mark_sheet.draw().picture().convert("RGB")),
    "receipt": lambda: np.asarray(receipt.draw().picture().convert("RGB")),
    "form": lambda: np.asarray(form.draw().picture().convert("RGB")),
    "certificate": lambda: np.asarray(certificate.draw().picture().convert("RGB")),
    "frame": _framed,
    "panel": _panelled,
    "table": _table,
    "face": _face,
    "hills": _hills,
    "writing outside": _writing_outside,
    "bands": _headed,
    "flush with a side": _flush,
    "clipped": _clipped,
    "slanted field": _slanted_field,
    "noise": lambda: np.random.default_rng(1).integers(0, 256, (900, 1200, 3), dtype=np.uint8),
    "blank": lambda: np.full((900, 1200, 3), 236, np.uint8),
    "grainy blank": lambda: pages.noise(np.full((900, 1200, 3), 200, np.uint8), 12),
    "black": lambda: np.zeros((900, 1200, 3), np.uint8),
    "dot": lambda: np.zeros((1, 1, 3), np.uint8),
    "strip": lambda: np.full((12, 2000, 3), 90, np.uint8),
}


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("turns", [0, 1])
def test_nothing_is_cut_where_no_sheet_lies_on_a_background(name: str, turns: int) -> None:
    assert find_outline(np.ascontiguousarray(np.rot90(NOTHING[name](), turns))) is None


def test_what_was_cut_out_is_not_cut_again() -> None:
    picture = laid(_card(), np.array(CORNERS["turned"], float), DESKS["dark"])
    outline = find_outline(picture)
    assert outline is not None

    assert find_outline(cut_out(picture, outline)[0]) is None
