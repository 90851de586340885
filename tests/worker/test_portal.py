import io
import itertools
from dataclasses import replace

import cv2
import numpy as np
import pypdfium2
import pytest

from tests.worker import orders, pages
from worker.contract import ErrorCode
from worker.faults import DocumentFault
from worker.processors.picture import Picture
from worker.processors.portal import Portal, fit, make_portal

FITS, FORMATS = ("pad", "crop", "stretch"), ("jpeg", "png", "pdf")


def _read_back(portal: Portal, kind: str) -> tuple[int, int]:
    """Width and height by a library that did not write the file."""
    if kind == "pdf":
        with pypdfium2.PdfDocument(portal.data) as document:
            return _drawn(document)
    picture = cv2.imdecode(np.frombuffer(portal.data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.shape[1], picture.shape[0]


def _drawn(document: pypdfium2.PdfDocument) -> tuple[int, int]:
    width, height = document[0].get_size()
    assert document[0].render(scale=1).to_numpy().min() >= 0
    return round(width * 200 / 72), round(height * 200 / 72)


@pytest.mark.parametrize(("how", "kind"), list(itertools.product(FITS, FORMATS)))
def test_the_figures_read_back_by_another_library(how: str, kind: str) -> None:
    schema = orders.schema(
        target_width=350, target_height=450, target_dpi=200, min_kb=20, max_kb=100, fit=how, output_format=kind
    )

    portal = make_portal(pages.page(), schema)

    assert (350, 450) == _read_back(portal, kind)
    assert (350, 450, 200.0, kind) == (
        portal.figures.width,
        portal.figures.height,
        portal.figures.dpi,
        portal.figures.format,
    )
    assert 20 * 1024 <= len(portal.data) == portal.figures.bytes <= 100 * 1024


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("dpi", [72, 96, 150, 200, 300, 600])
def test_the_dpi_reads_back_exactly(kind: str, dpi: int) -> None:
    portal = make_portal(pages.page(), orders.schema(output_format=kind, target_dpi=dpi, max_kb=900))

    assert portal.figures.dpi == dpi


def test_a_jpeg_says_its_density_in_its_header() -> None:
    data = make_portal(pages.page(), orders.schema()).data

    assert data[6:11] == b"JFIF\0"
    assert (1, 300, 300) == (data[13], int.from_bytes(data[14:16]), int.from_bytes(data[16:18]))


def test_padding_keeps_the_shape_of_what_is_shown_and_fills_with_the_background() -> None:
    square = np.zeros((300, 300, 3), np.uint8)

    fitted = fit(square, orders.schema(target_width=100, target_height=200, background="#ff0000"))

    dark = np.argwhere(fitted.sum(axis=2) == 0)
    assert ((50, 0), (149, 99)) == (tuple(dark.min(axis=0)), tuple(dark.max(axis=0)))
    assert (255, 0, 0) == tuple(fitted[0, 0])


def test_cropping_goes_to_what_was_read_and_says_what_it_leaves_out() -> None:
    bars = np.zeros((100, 300, 3), np.uint8)
    bars[:, 200:260] = 255
    schema = orders.schema(target_width=80, target_height=80, fit="crop")

    assert fit(bars, schema, (200, 10, 260, 90)).mean() > 140
    assert not [one for one in make_portal(bars, schema, (200, 10, 260, 90)).warnings if one.startswith("CROPPED")]
    assert [one for one in make_portal(bars, schema, (20, 10, 260, 90)).warnings if one.startswith("CROPPED")]


def test_cropping_keeps_the_middle_and_its_shape() -> None:
    bars = np.zeros((100, 300, 3), np.uint8)
    bars[:, 100:200] = 255

    assert fit(bars, orders.schema(target_width=80, target_height=80, fit="crop")).min() > 200


def _busy(width: int, height: int) -> Picture:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_busy_picture_is_made_to_fit_the_ceiling_at_the_best_quality_that_does() -> None:
    portal = make_portal(_busy(600, 800), orders.schema(max_kb=100, quality=95))

    assert 85 * 1024 < len(portal.data) <= 100 * 1024
    assert [warning for warning in portal.warnings if warning.startswith("PORTAL_QUALITY_LOW")]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("missing", [0, 1, 2, 3, 5, 70_000, 140_001])
def test_a_plain_picture_is_padded_up_to_the_floor_and_still_reads(kind: str, missing: int) -> None:
    plain = np.full((80, 60, 3), 255, np.uint8)
    schema = orders.schema(
        target_width=60, target_height=80, output_format=kind, quality=60, max_kb=400, target_dpi=200
    )
    size = len(make_portal(plain, schema).data)

    portal = make_portal(plain, replace(schema, min_kb=(size + missing) // 1024 + 1))

    assert (60, 80) == _read_back(portal, kind)
    assert len(portal.data) >= (portal.figures.bytes // 1024) * 1024


def test_a_floor_is_met_by_quality_before_it_is_met_by_padding() -> None:
    portal = make_portal(pages.noise(pages.page(), 12), orders.schema(quality=30, min_kb=150, max_kb=250))

    assert 150 * 1024 <= len(portal.data) <= 250 * 1024
    assert b"  " * 500 not in portal.data


@pytest.mark.parametrize("kind", FORMATS)
def test_a_size_that_cannot_be_reached_names_the_nearest_one(kind: str) -> None:
    with pytest.raises(DocumentFault, match=r"nearest size reached is \d+\.\d KB, wanted are 0 to 4 KB") as fault:
        make_portal(_busy(600, 800), orders.schema(max_kb=4, output_format=kind))

    assert fault.value.code is ErrorCode.SIZE_UNREACHABLE


def test_a_small_picture_is_said_to_be_enlarged() -> None:
    portal = make_portal(pages.page(200, 150, size=10), orders.schema())

    assert ["UPSCALED"] == [warning.split(":")[0] for warning in portal.warnings]


def test_an_unknown_background_is_the_schemas_fault() -> None:
    with pytest.raises(DocumentFault) as fault:
        make_portal(pages.page(), orders.schema(background="nocolour"))

    assert fault.value.code is ErrorCode.SCHEMA_INVALID


def test_no_metadata_but_the_density_is_in_the_file() -> None:
    data = make_portal(pages.page(), orders.schema()).data
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        assert {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"} == set(image.info)
