"""The report on a run: one HTML file that needs nothing but itself."""

import base64
import struct
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import zip_longest
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import ExifTags, Image, ImageOps

REPORT_NAME = "report.html"
PICTURES_BYTES_MAX = 2_000_000
"""All pictures together, before base64 makes them a third larger."""
TEXT_LINES_SHOWN = 8
STAGE_COLOURS = 10

_ENCODINGS = ((1100, 84), (1100, 72), (900, 66), (700, 60), (480, 54), (320, 48))
"""Longest side and JPEG quality, the best first."""
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})
"""The EXIF orientations that swap width and height."""
_LIMIT_NAMES = ("Size", "Resolution", "Weight", "Format")
_UNDECODABLE = (OSError, ValueError, SyntaxError, EOFError, LookupError, ArithmeticError, TypeError, struct.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDocument:
    """What the report shows of one document."""

    name: str
    status: str
    original: bytes
    original_name: str
    output: bytes | None
    schema_name: str
    limits: str
    figures: str | None
    file_name: str | None
    text: str
    quality_score: float | None
    ocr_confidence: float | None
    warnings: tuple[str, ...]
    timings: Mapping[str, int]
    seconds: float
    job_id: str
    run_marker: str | None
    camber_job_id: int | None
    error: str | None
    advice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    uri: str
    shown_width: int
    shown_height: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    name: str
    colour: int
    ms: int
    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meter:
    label: str
    percent: int | None
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A document with everything the template would otherwise have to work out."""

    document: ReportDocument
    anchor: str
    tone: str
    original: _Picture | None
    output: _Picture | None
    original_size: str
    output_size: str
    meters: tuple[_Meter, ...]
    limits: tuple[tuple[str, str, str], ...]
    stages: tuple[_Stage, ...]
    worker_seconds: float
    first_lines: str
    other_lines: str
    other_count: int
    error_title: str
    error_message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Totals:
    documents: int
    completed: int
    failed: int
    seconds: float
    camber_jobs: int


def write_report(documents: Sequence[ReportDocument], folder: Path, *, title: str, made_at: datetime) -> Path:
    """Write the report into the folder and return its path; a reader never sees half of it."""
    page = _environment().get_template(REPORT_NAME)
    html = page.render(title=title, made_at=made_at, totals=_totals(documents), entries=_entries(documents))
    return _write_whole(folder, html.encode("utf-8", errors="replace"))


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("reconciler.local", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _totals(documents: Sequence[ReportDocument]) -> _Totals:
    return _Totals(
        documents=len(documents),
        completed=sum(document.status == "completed" for document in documents),
        failed=sum(document.status == "failed" for document in documents),
        seconds=sum(document.seconds for document in documents),
        camber_jobs=len({document.camber_job_id for document in documents} - {None}),
    )


def _entries(documents: Sequence[ReportDocument]) -> list[_Entry]:
    picture_bytes = PICTURES_BYTES_MAX // max(1, 2 * len(documents))
    stage_names = list(dict.fromkeys(stage for document in documents for stage in document.timings))
    return [
        _entry(document, f"document-{number}", picture_bytes, stage_names)
        for number, document in enumerate(documents, start=1)
    ]


def _entry(document: ReportDocument, anchor: str, picture_bytes: int, stage_names: Sequence[str]) -> _Entry:
    lines = document.text.strip().splitlines()
    error_title, _, error_message = (document.error or "").partition(": ")
    return _Entry(
        document=document,
        anchor=anchor,
        tone={"completed": "good", "failed": "bad"}.get(document.status, "open"),
        original=_picture(document.original, picture_bytes),
        output=None if document.output is None else _picture(document.output, picture_bytes),
        original_size=_size(document.original),
        output_size=_size(document.output or b""),
        meters=(_meter("Quality", document.quality_score), _meter("OCR confidence", document.ocr_confidence)),
        limits=_limits(document.limits, document.figures),
        stages=_stages(document.timings, stage_names),
        worker_seconds=sum(document.timings.values()) / 1000,
        first_lines="\n".join(lines[:TEXT_LINES_SHOWN]),
        other_lines="\n".join(lines[TEXT_LINES_SHOWN:]),
        other_count=max(0, len(lines) - TEXT_LINES_SHOWN),
        error_title=error_title,
        error_message=error_message,
    )


def _picture(content: bytes, bytes_max: int) -> _Picture | None:
    """The picture, small enough for the report; None if it cannot be decoded."""
    try:
        decoded, (width, height) = _decode(content)
    except (*_UNDECODABLE, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    encoded, shown = _encode(decoded, bytes_max)
    uri = "data:image/jpeg;base64," + base64.b64encode(encoded).decode("ascii")
    return _Picture(uri=uri, shown_width=shown[0], shown_height=shown[1], width=width, height=height)


def _decode(content: bytes) -> tuple[Image.Image, tuple[int, int]]:
    """The first frame, upright and on white, and the size it had before it was made smaller."""
    longest = _ENCODINGS[0][0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(BytesIO(content)) as image:
            width, height = image.size
            on_its_side = image.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE
            shown = image.convert("RGBA") if image.mode in {"1", "P"} else image
            shown.thumbnail((longest, longest))
            upright = ImageOps.exif_transpose(shown)
    return _on_white(upright), (height, width) if on_its_side else (width, height)


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    page = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(page, image.convert("RGBA")).convert("RGB")


def _encode(image: Image.Image, bytes_max: int) -> tuple[bytes, tuple[int, int]]:
    """The best encoding that fits, or the smallest there is."""
    content = b""
    for side, quality in _ENCODINGS:
        image.thumbnail((side, side))
        target = BytesIO()
        image.save(target, "JPEG", quality=quality, optimize=True)
        content = target.getvalue()
        if len(content) <= bytes_max:
            break
    return content, image.size


def _size(content: bytes) -> str:
    kilobytes = len(content) / 1024
    if kilobytes >= 1024:
        return f"{kilobytes / 1024:.1f} MB"
    return f"{kilobytes:.0f} KB" if kilobytes >= 10 else f"{kilobytes:.1f} KB"


def _meter(label: str, score: float | None) -> _Meter:
    if score is None:
        return _Meter(label=label, percent=None, level="none")
    level = "good" if score >= 0.8 else "fair" if score >= 0.5 else "poor"
    return _Meter(label=label, percent=round(100 * min(1.0, max(0.0, score))), level=level)


def _limits(limits: str, figures: str | None) -> tuple[tuple[str, str, str], ...]:
    """What was asked for and what was made, by line, where the two line up."""
    asked, made = limits.split(", "), figures.split(", ") if figures else []
    if len(asked) != len(_LIMIT_NAMES) or len(made) not in {0, len(asked)}:
        return (("Portal file", limits, figures or ""),)
    return tuple(zip_longest(_LIMIT_NAMES, asked, made, fillvalue=""))


def _stages(timings: Mapping[str, int], stage_names: Sequence[str]) -> tuple[_Stage, ...]:
    """Each stage with its share; a stage has the same colour in every document."""
    total = sum(timings.values()) or 1
    return tuple(
        _Stage(name=name, colour=stage_names.index(name) % STAGE_COLOURS, ms=ms, percent=100 * ms / total)
        for name, ms in timings.items()
    )


def _write_whole(folder: Path, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / REPORT_NAME
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".report-", delete=False) as unfinished:
        try:
            unfinished.write(content)
            unfinished.flush()
            Path(unfinished.name).replace(path)
        except BaseException:
            Path(unfinished.name).unlink(missing_ok=True)
            raise
    return path
