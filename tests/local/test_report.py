import base64
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reconciler.local import report
from reconciler.local.report import ReportDocument, write_report

MADE_AT = datetime(2025, 3, 8, 14, 2, tzinfo=UTC)
HOSTILE = "<script>alert('read')</script>"


def picture(width: int, height: int, format_: str = "JPEG", **options: object) -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), (20, 90, 120)).save(target, format_, **options)
    return target.getvalue()


def noise(width: int, height: int, seed: int) -> bytes:
    """The hardest picture to compress."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    target = BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", quality=90)
    return target.getvalue()


DONE = ReportDocument(
    name="ID card",
    status="completed",
    original=picture(1600, 1000),
    original_name="card.jpg",
    output=picture(600, 400),
    schema_name="id-card",
    limits="600x400 px, 200 dpi, at most 100 KB, jpeg",
    figures="600x400 px, 200 dpi, 87 KB, jpeg",
    file_name="card-portal.jpg",
    text="Name: Asha Rao\nBorn: 12/04/1998",
    quality_score=0.914,
    ocr_confidence=0.55,
    warnings=("The page was turned",),
    timings={"decode": 80, "ocr": 2900, "render": 20},
    seconds=7.4,
    job_id="0198c1b2-7f30",
    run_marker="run-17",
    camber_job_id=1042,
    error=None,
    advice=None,
)
FAILED = replace(
    DONE,
    name="Broken form",
    status="failed",
    original=b"\xff\xd8\xff\xe0 and no picture",
    output=None,
    figures=None,
    file_name=None,
    text="",
    quality_score=None,
    ocr_confidence=None,
    warnings=(),
    timings={},
    error="CORRUPT_IMAGE in DECODE: the data ends early",
    advice="Upload the form again.",
)


class Page(HTMLParser):
    """What a browser would make of the report, as far as the tests ask."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]

    def pictures(self) -> list[Image.Image]:
        encoded = [attributes["src"].partition(",")[2] for attributes in self.all("img")]
        return [Image.open(BytesIO(base64.b64decode(one))) for one in encoded]


def written(folder: Path, *documents: ReportDocument) -> str:
    return write_report(documents, folder, title="A run", made_at=MADE_AT).read_text("utf-8")


def test_needs_nothing_but_itself(tmp_path: Path) -> None:
    html = written(tmp_path, DONE, FAILED)
    page = Page(html)
    assert "http:" not in html
    assert "https:" not in html
    assert "@import" not in html
    assert "url(" not in html
    assert page.values("src")
    assert all(value.startswith(("#", "data:")) for name in ("src", "href") for value in page.values(name))
    assert not {"script", "iframe", "object", "embed", "form"} & {tag for tag, _ in page.elements}


def test_forbids_the_browser_to_load_anything(tmp_path: Path) -> None:
    policies = [meta["content"] for meta in Page(written(tmp_path, DONE)).all("meta") if "http-equiv" in meta]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def test_every_link_leads_to_a_document(tmp_path: Path) -> None:
    page = Page(written(tmp_path, DONE, FAILED, DONE))
    targets = [attributes["href"].removeprefix("#") for attributes in page.all("a")]
    assert targets == [attributes["id"] for attributes in page.all("article")]
    assert len(page.values("id")) == len(set(page.values("id")))


@pytest.mark.parametrize("field", ["name", "original_name", "schema_name", "limits", "figures", "file_name", "text"])
def test_escapes_hostile_text(tmp_path: Path, field: str) -> None:
    page = Page(written(tmp_path, replace(DONE, **{field: f'"{HOSTILE}'})))  # type: ignore[arg-type]
    assert not page.all("script")
    assert HOSTILE in page.text


def test_escapes_hostile_words_of_the_worker(tmp_path: Path) -> None:
    hostile = replace(FAILED, error=HOSTILE, advice=HOSTILE, warnings=(HOSTILE,), run_marker=HOSTILE, job_id=HOSTILE)
    page = Page(written(tmp_path, replace(hostile, timings={f'x" onload="{HOSTILE}': 5})))
    assert not page.all("script")
    assert not page.values("onload")
    assert page.text.count(HOSTILE) >= 6


def test_shows_everything_about_a_document(tmp_path: Path) -> None:
    text = Page(written(tmp_path, DONE)).text
    for shown in ("ID card", "completed", "card.jpg", "card-portal.jpg", "Asha Rao", "The page was turned", "2900 ms"):
        assert shown in text
    for shown in ("0198c1b2-7f30", "run-17", "1042", "at most 100 KB", "87 KB", "91 %", "55 %", "1600 × 1000 px"):
        assert shown in text


def test_shows_every_document(tmp_path: Path) -> None:
    documents = [replace(DONE, name=f"Document of {number}") for number in range(12)]
    page = Page(written(tmp_path, *documents))
    assert len(page.all("article")) == 12
    assert len(page.all("img")) == 24
    assert all(document.name in page.text for document in documents)


def test_adds_up_the_totals(tmp_path: Path) -> None:
    page = Page(written(tmp_path, DONE, replace(DONE, seconds=2.6), replace(FAILED, camber_job_id=None)))
    words = " ".join(page.text.split())
    assert "Documents3 Completed2 Failed1 Seconds, added up17.4 Camber jobs used1" in words


def test_a_failed_document_shows_its_code_and_advice(tmp_path: Path) -> None:
    page = Page(written(tmp_path, FAILED))
    assert "CORRUPT_IMAGE in DECODE" in page.text
    assert "the data ends early" in page.text
    assert "Upload the form again." in page.text
    assert "No portal file" in page.text


@pytest.mark.parametrize(
    "original",
    [b"", b"\xff\xd8\xff\xe0 and no picture", b"%PDF-1.7", picture(900, 900)[:900], picture(90, 90, "PNG")[:60]],
)
def test_draws_a_placeholder_for_what_cannot_be_decoded(tmp_path: Path, original: bytes) -> None:
    page = Page(written(tmp_path, replace(FAILED, original=original)))
    assert not page.all("img")
    assert "This file cannot be decoded" in [attributes["aria-label"] for attributes in page.all("svg")]


def test_draws_a_placeholder_for_a_picture_too_large_to_decode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100 * 100)
    page = Page(written(tmp_path, replace(FAILED, original=picture(120, 120))))
    assert not page.all("img")


def test_pictures_keep_their_proportions(tmp_path: Path) -> None:
    page = Page(written(tmp_path, replace(DONE, original=picture(3000, 1500), output=picture(200, 300, "PNG"))))
    assert [image.size for image in page.pictures()] == [(1100, 550), (200, 300)]
    assert [(one["width"], one["height"]) for one in page.all("img")] == [("1100", "550"), ("200", "300")]
    assert all(attributes["alt"] for attributes in page.all("img"))


def test_a_photograph_is_shown_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    page = Page(written(tmp_path, replace(DONE, original=picture(2200, 1100, exif=exif.tobytes()))))
    assert page.pictures()[0].size == (550, 1100)
    assert "1100 × 2200 px" in page.text


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1"])
def test_transparent_and_indexed_pictures_lie_on_white(tmp_path: Path, mode: str) -> None:
    target = BytesIO()
    pixels = Image.new("RGBA", (64, 32), (0, 0, 0, 0)) if mode in {"RGBA", "LA"} else Image.new("L", (64, 32), 255)
    pixels.convert(mode).save(target, "PNG")
    shown = Page(written(tmp_path, replace(DONE, original=target.getvalue()))).pictures()[0]
    assert shown.convert("L").getextrema() == (255, 255)


def test_stays_small(tmp_path: Path) -> None:
    documents = [replace(DONE, original=noise(1500, 1500, n), output=noise(1200, 1200, n)) for n in range(6)]
    html = written(tmp_path, *documents)
    assert html.count("data:image/jpeg") == 12
    assert len(html) < 3_000_000


def test_the_rest_of_a_long_text_is_folded_away(tmp_path: Path) -> None:
    lines = [f"line {number}" for number in range(report.TEXT_LINES_SHOWN + 30)]
    page = Page(written(tmp_path, replace(DONE, text="\n".join(lines))))
    assert "30 more lines" in page.text
    assert "\n".join(lines[report.TEXT_LINES_SHOWN :]) in page.text
    assert not Page(written(tmp_path, DONE)).all("details")


def test_figures_that_do_not_line_up_are_shown_whole(tmp_path: Path) -> None:
    text = Page(written(tmp_path, replace(DONE, limits="whatever fits, jpeg"))).text
    assert "whatever fits, jpeg" in text


def test_scores_beyond_their_range_stay_in_their_meter(tmp_path: Path) -> None:
    page = Page(written(tmp_path, replace(DONE, quality_score=1.7, ocr_confidence=-1.0)))
    assert page.values("aria-valuenow") == ["100", "0"]


def test_text_that_is_not_unicode_does_not_stop_the_report(tmp_path: Path) -> None:
    assert "a?b" in written(tmp_path, replace(DONE, text="a\ud800b"))


def test_an_empty_run_has_a_report(tmp_path: Path) -> None:
    assert "A run" in written(tmp_path / "made" / "on the way")


def test_replaces_the_last_report_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = written(tmp_path, DONE)

    def broken(*_: object) -> Path:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", broken)
        with pytest.raises(OSError, match="the disk is full"):
            written(tmp_path, FAILED)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text("utf-8") == first
    assert written(tmp_path, FAILED) != first


def test_a_document_on_its_way_is_not_called_failed(tmp_path: Path) -> None:
    page = Page(written(tmp_path, replace(DONE, status="running", output=None, figures=None, quality_score=None)))
    assert "running" in page.text
    assert "It has not been made yet" in page.text
    assert "What to do" not in page.text
