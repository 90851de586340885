"""The report: one file that needs nothing else, shows every document, and trusts none of them."""

import re
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reconciler.local.report import ReportDocument, write_report

MADE_AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script>'
VOID = {"meta", "link", "img", "br", "rect", "path"}
LOADING = {"src", "srcset", "href", "data", "poster", "action", "background"}


class Page(HTMLParser):
    """What a browser would see: the tags, what they would load, their alternative texts; and whether they nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.pictures: list[dict[str, str]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = {name: value or "" for name, value in attrs}
        self.loaded += [value for name, value in given.items() if name in LOADING]
        if tag == "img":
            self.pictures.append(given)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def a_picture(width: int = 320, height: int = 200, kind: str = "PNG") -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), "#336699").save(target, kind)
    return target.getvalue()


def a_noisy_picture() -> bytes:
    pixels = np.random.default_rng(5).integers(0, 256, (1500, 2000, 3), dtype=np.uint8)
    target = BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", quality=90)
    return target.getvalue()


def a_document(name: str = "ID card") -> ReportDocument:
    return ReportDocument(
        name=name,
        status="completed",
        original=a_picture(),
        original_name="card.png",
        output=a_picture(600, 400, "JPEG"),
        schema_name="demo-id-card",
        limits="600x400 px, 200 dpi, at most 100 KB, jpeg",
        figures="600x400 px, 200 dpi, 41.5 KB, jpeg",
        file_name="id-card.jpg",
        text="\n".join(f"line {number} of the card" for number in range(1, 15)),
        quality_score=0.91,
        ocr_confidence=0.97,
        warnings=("the picture was turned",),
        timings={"FETCH": 40, "OCR": 1900},
        seconds=8.4,
        job_id="7d1f3c52-0000-4000-8000-000000000001",
        run_marker="run-marker-4f2c",
        camber_job_id=18022,
        error=None,
        advice=None,
    )


def a_failed_document(name: str = "Damaged upload") -> ReportDocument:
    return replace(
        a_document(name),
        status="failed",
        original=a_picture(kind="JPEG")[:200],
        output=None,
        figures=None,
        file_name=None,
        text="",
        quality_score=None,
        ocr_confidence=None,
        warnings=(),
        timings={},
        error="CORRUPT_IMAGE in DECODE: the picture cannot be decoded",
        advice="The file is damaged: upload it again.",
    )


def written(folder: Path, *documents: ReportDocument, title: str = "Demo") -> str:
    return write_report(documents, folder, title=title, made_at=MADE_AT).read_text("utf-8")


def test_nothing_is_fetched_and_nothing_runs(tmp_path: Path) -> None:
    html = written(tmp_path, a_document(), a_failed_document())
    page = Page(html)

    assert not re.search(r"https?://|@import|url\(", html)
    assert "script" not in page.tags
    assert page.loaded
    assert all(target.startswith(("data:", "#")) for target in page.loaded)


def test_the_file_stands_alone_in_a_folder_that_is_made(tmp_path: Path) -> None:
    path = write_report([a_document()], tmp_path / "new" / "deep", title="Demo", made_at=MADE_AT)

    assert [path] == list(path.parent.iterdir())


def test_a_second_report_takes_the_place_of_the_first(tmp_path: Path) -> None:
    written(tmp_path, a_document("The first"))
    html = written(tmp_path, a_document("The second"))

    assert "The second" in html
    assert "The first" not in html


@pytest.mark.parametrize(
    "field", ["name", "status", "original_name", "schema_name", "limits", "figures", "file_name", "text", "job_id",
              "run_marker", "error", "advice"]
)  # fmt: skip
def test_hostile_words_are_shown_and_never_run(tmp_path: Path, field: str) -> None:
    """Text comes from strangers' documents, and names from strangers' uploads."""
    hostile: dict[str, Any] = {field: HOSTILE}
    html = written(tmp_path, replace(a_document(), **hostile))

    assert "&lt;script&gt;" in html
    assert "script" not in Page(html).tags


def test_hostile_warnings_stages_and_titles_are_shown_and_never_run(tmp_path: Path) -> None:
    document = replace(a_document(), warnings=(HOSTILE,), timings={HOSTILE: 5})
    html = written(tmp_path, document, title=HOSTILE)

    assert HOSTILE not in html
    assert "script" not in Page(html).tags


def test_a_name_cannot_break_out_of_an_attribute(tmp_path: Path) -> None:
    page = Page(written(tmp_path, replace(a_document(), name='" onerror="alert(1)')))

    assert all("onerror" not in picture for picture in page.pictures)


def test_every_document_has_its_place_and_both_pictures(tmp_path: Path) -> None:
    names = [f"Document {number}" for number in range(1, 6)]
    html = written(tmp_path, *(a_document(name) for name in names))
    page = Page(html)

    assert 5 == page.tags.count("article")
    assert 10 == len(page.pictures)
    assert {f"The original of {name}" for name in names} <= {picture["alt"] for picture in page.pictures}


def test_figures_ids_scores_and_stages_can_be_read(tmp_path: Path) -> None:
    html = written(tmp_path, a_document())

    for shown in ("600x400 px", "at most 100 KB", "41.5 KB", "91 %", "97 %", "OCR", "1900 ms", "8.4", "18022"):
        assert shown in html
    for shown in ("run-marker-4f2c", "7d1f3c52-0000-4000-8000-000000000001", "the picture was turned", "id-card.jpg"):
        assert shown in html


def test_long_text_is_whole_but_folded_after_its_first_lines(tmp_path: Path) -> None:
    html = written(tmp_path, a_document())
    before, _, folded = html.partition("<details>")

    assert "line 8 of the card" in before
    assert "line 9 of the card" not in before
    assert "line 14 of the card" in folded


def test_a_failed_document_says_why_and_what_to_do_beside_a_drawing(tmp_path: Path) -> None:
    html = written(tmp_path, a_failed_document())
    page = Page(html)

    assert "CORRUPT_IMAGE" in html
    assert "the picture cannot be decoded" in html
    assert "The file is damaged: upload it again." in html
    assert [] == page.pictures
    assert 2 == page.tags.count("svg")


def test_a_mixed_batch_nests_well(tmp_path: Path) -> None:
    page = Page(written(tmp_path, a_document(), a_failed_document(), replace(a_document(), status="processing")))

    assert [] == page.open


def test_a_batch_of_nothing_is_a_report(tmp_path: Path) -> None:
    assert [] == Page(written(tmp_path)).open


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8\xff", b"GIF89a", b"%PDF-1.7 not a picture", b"\x89PNG\r\n\x1a\n\0\0"]
)
def test_what_is_no_picture_gets_a_drawing(tmp_path: Path, content: bytes) -> None:
    page = Page(written(tmp_path, replace(a_document(), original=content, output=content)))

    assert [] == page.pictures
    assert 2 == page.tags.count("svg")


def test_pictures_keep_their_proportions(tmp_path: Path) -> None:
    page = Page(written(tmp_path, replace(a_document(), original=a_picture(3000, 1000))))
    original = page.pictures[0]

    assert "1100" == original["width"]
    assert abs(int(original["height"]) - 1100 / 3) <= 1
    with Image.open(BytesIO(b64decode(original["src"].partition(",")[2]))) as shown:
        assert (int(original["width"]), int(original["height"])) == shown.size


def test_many_noisy_photographs_stay_below_three_megabytes(tmp_path: Path) -> None:
    noisy = replace(a_document(), original=a_noisy_picture(), output=a_noisy_picture())
    path = write_report([noisy] * 8, tmp_path, title="Demo", made_at=MADE_AT)

    assert path.stat().st_size < 3_000_000


def test_equal_documents_make_equal_bytes(tmp_path: Path) -> None:
    assert written(tmp_path / "a", a_document()) == written(tmp_path / "b", a_document())
