"""Decode one page of a PDF, filled-in form fields included."""

import math
from dataclasses import dataclass

import numpy as np
import pypdfium2
from pypdfium2 import raw

from worker.contract import ErrorCode, Stage
from worker.faults import DocumentFault
from worker.processors.picture import Picture

DPI = 300
"""A page is drawn at this resolution, or at a lower one where it would exceed the bounds."""
_POINTS_PER_INCH = 72
_HEADER_WITHIN = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A drawn page, its size in pixels at 300 dpi, and how many pages the file has."""

    picture: Picture
    size: tuple[int, int]
    page_count: int


def is_pdf(data: bytes) -> bool:
    """Whether the bytes may be a PDF; readers allow for some bytes before its header."""
    return b"%PDF-" in data[:_HEADER_WITHIN]


def decode_pdf(data: bytes, *, page: int, side_max: int) -> Sheet:
    """Draw page `page`, from 1, with a longer side of at most `side_max` pixels.

    Raises DocumentFault with CORRUPT_IMAGE, ENCRYPTED_PDF, or PAYLOAD_INVALID for a page that the file does not have.
    """
    if data.rfind(b"%%EOF") < data.rfind(b"endobj"):
        # What is missing would be drawn as blank paper.
        raise DocumentFault(ErrorCode.CORRUPT_IMAGE, "the PDF breaks off before its end")
    with _opened(data) as document:
        page_count = len(document)
        if page_count == 0:
            raise DocumentFault(ErrorCode.CORRUPT_IMAGE, "the PDF has no page")
        if page > page_count:
            raise DocumentFault(ErrorCode.PAYLOAD_INVALID, f"options.page: the file has {page_count}", Stage.DECODE)
        try:
            return _drawn(document, page, side_max, page_count)
        except pypdfium2.PdfiumError as error:
            raise DocumentFault(ErrorCode.CORRUPT_IMAGE, "the page of the PDF cannot be drawn") from error


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise DocumentFault(ErrorCode.ENCRYPTED_PDF, "the PDF asks for a password") from error
        raise DocumentFault(ErrorCode.CORRUPT_IMAGE, "the PDF cannot be opened: it is damaged") from error
    # Without this the values typed into a form's fields are not drawn.
    document.init_forms()
    return document


def _drawn(document: pypdfium2.PdfDocument, page: int, side_max: int, page_count: int) -> Sheet:
    leaf = document[page - 1]
    width, height = leaf.get_size()
    # Of figures beyond all bounds pdfium makes sizes that are no numbers.
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise DocumentFault(ErrorCode.CORRUPT_IMAGE, "the page of the PDF has no size")
    full = DPI / _POINTS_PER_INCH
    scale = min(full, side_max / max(width, height))
    picture = leaf.render(scale=scale, rev_byteorder=True, draw_annots=True, prefer_bgrx=False).to_numpy()
    size = (max(1, round(width * full)), max(1, round(height * full)))
    return Sheet(picture=np.array(picture[:, :, :3]), size=size, page_count=page_count)
