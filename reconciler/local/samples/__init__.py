"""Sample documents for a demonstration: made here, the same bytes every time, and nobody's.

Every name and number is invented, and every page says that it is a specimen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from reconciler.local.samples import certificate, form, id_card, letter, mark_sheet, receipt
from reconciler.local.samples.photograph import Scene, photograph
from reconciler.local.samples.schemas import SCHEMAS
from worker.contract.errors import ErrorCode

__all__ = ["SCHEMAS", "Sample", "generate"]

_LETTER_SCENE = Scene(
    size=(1200, 1600), corners=((96, 92), (1118, 70), (1130, 1512), (74, 1530)), lamp=(0.25, 0.2), light=0.74, seed=71
)
_CERTIFICATE_SCENE = Scene(
    size=(1600, 1200), corners=((128, 148), (1466, 118), (1490, 1066), (112, 1086)), lamp=(0.7, 0.3), light=0.8, seed=72
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A document on the disk, and what must come of it."""

    name: str
    path: Path
    mime_type: str
    schema_name: str
    words: tuple[str, ...]
    """Strings on the page, each on one line, that recognition must find."""
    expected_error: ErrorCode | None
    """How the document must fail; without it the document must be completed."""


def generate(folder: Path) -> list[Sample]:
    """Write the sample documents into the folder, which is made if there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _png(folder, "ID card", "id-card", id_card.WORDS, id_card.draw().picture),
        _png(folder, "Mark sheet", "mark-sheet", mark_sheet.WORDS, mark_sheet.draw().picture),
        _jpeg(folder, "Receipt", "receipt", receipt.WORDS, receipt.draw().picture),
        _jpeg(folder, "Application form", "form", form.WORDS, form.draw().picture),
        _jpeg(folder, "Letter, photographed sideways", "letter", letter.WORDS, _sideways_letter),
        _jpeg(folder, "Certificate, photographed upside down", "certificate", certificate.WORDS, _inverted_certificate),
        _damaged(folder),
    ]


def _png(folder: Path, name: str, slug: str, words: tuple[str, ...], make: Callable[[], Image.Image]) -> Sample:
    path = folder / f"{slug}.png"
    make().save(path, dpi=(150, 150))
    return _whole(name, path, "image/png", slug, words)


def _jpeg(folder: Path, name: str, slug: str, words: tuple[str, ...], make: Callable[[], Image.Image]) -> Sample:
    path = folder / f"{slug}.jpg"
    make().save(path, quality=90)
    return _whole(name, path, "image/jpeg", slug, words)


def _whole(name: str, path: Path, mime_type: str, slug: str, words: tuple[str, ...]) -> Sample:
    schema_name = f"demo-{slug}"
    return Sample(name=name, path=path, mime_type=mime_type, schema_name=schema_name, words=words, expected_error=None)


def _sideways_letter() -> Image.Image:
    return photograph(letter.draw().canvas, _LETTER_SCENE).transpose(Image.Transpose.ROTATE_90)


def _inverted_certificate() -> Image.Image:
    return photograph(certificate.draw().canvas, _CERTIFICATE_SCENE).transpose(Image.Transpose.ROTATE_180)


def _damaged(folder: Path) -> Sample:
    """An upload that broke off: the header is whole, but most of the scan never came."""
    path = folder / "damaged.jpg"
    form.draw().picture().save(path, quality=90)
    data = path.read_bytes()
    scan = data.index(b"\xff\xda")
    path.write_bytes(data[: scan + (len(data) - scan) // 4])
    return Sample(
        name="Damaged upload",
        path=path,
        mime_type="image/jpeg",
        schema_name="demo-form",
        words=(),
        expected_error=ErrorCode.CORRUPT_IMAGE,
    )
