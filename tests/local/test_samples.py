"""The sample documents: the same every time, readable, and one of them broken on purpose."""

from pathlib import Path

import pytest
from PIL import Image

from reconciler.local.samples import SCHEMAS, Sample, certificate, form, generate, id_card, letter, mark_sheet, receipt
from worker.contract.errors import ErrorCode
from worker.contract.payload import parse_schema

PAGES = {
    "demo-id-card": id_card.draw,
    "demo-mark-sheet": mark_sheet.draw,
    "demo-receipt": receipt.draw,
    "demo-form": form.draw,
    "demo-letter": letter.draw,
    "demo-certificate": certificate.draw,
}
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return generate(tmp_path_factory.mktemp("samples") / "made")


def test_two_generations_are_the_same_bytes(samples: list[Sample], tmp_path: Path) -> None:
    again = generate(tmp_path)

    assert {s.path.name: s.path.read_bytes() for s in samples} == {s.path.name: s.path.read_bytes() for s in again}


def test_every_name_and_file_is_its_own(samples: list[Sample]) -> None:
    assert 7 == len({sample.name for sample in samples}) == len({sample.path for sample in samples})


def test_every_word_was_drawn_on_its_page(samples: list[Sample]) -> None:
    for sample in samples:
        drawn = PAGES[sample.schema_name]().drawn

        assert set(sample.words) <= set(drawn)


def test_every_whole_sample_has_words_and_says_that_it_is_a_specimen(samples: list[Sample]) -> None:
    for sample in (s for s in samples if s.expected_error is None):
        assert len(sample.words) >= 4
        assert "SPECIMEN" in sample.words


def test_whole_samples_decode_as_what_they_claim(samples: list[Sample]) -> None:
    for sample in (s for s in samples if s.expected_error is None):
        with Image.open(sample.path) as picture:
            picture.load()

            assert FORMATS[sample.mime_type] == picture.format
            assert not picture.getexif()


def test_the_damaged_sample_cannot_be_decoded(samples: list[Sample]) -> None:
    broken = [sample for sample in samples if sample.expected_error is ErrorCode.CORRUPT_IMAGE]

    assert ["Damaged upload"] == [sample.name for sample in broken]
    with Image.open(broken[0].path) as picture, pytest.raises(OSError, match="truncated"):
        picture.load()


def test_every_schema_is_valid_and_used(samples: list[Sample]) -> None:
    assert set(SCHEMAS) == {sample.schema_name for sample in samples}
    for name, definition in SCHEMAS.items():
        assert parse_schema(definition, name).target_width > 0
