"""Read a portal file's figures back from its final bytes, as a portal would."""

import io

import pypdfium2
from PIL import Image

from worker.contract import ErrorCode, PortalFile
from worker.faults import DocumentFault
from worker.processors.encode import STAGE

_INCH_METRES = 0.0254


def figures(data: bytes) -> PortalFile:
    """The figures of a JPEG, PNG or one-page PDF; raises DocumentFault(INTERNAL_ERROR) where they contradict."""
    if data.startswith(b"%PDF-"):
        return _pdf_figures(data)
    with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as image:
        image.load()
        kind = str(image.format).lower()
        dpi = _dpi(kind, image.info.get("dpi", (0.0, 0.0)))
        return PortalFile(width=image.width, height=image.height, dpi=dpi, bytes=len(data), format=kind)


def _dpi(kind: str, noted: tuple[float, float]) -> float:
    """The dots an inch; of a PNG the whole number that its whole pixels a metre stand for, if they stand for one."""
    across, down = (float(value) for value in noted)
    if across != down:
        raise DocumentFault(ErrorCode.INTERNAL_ERROR, "portal file: dpi differs across and down", STAGE)
    whole = round(across)
    same = round(whole / _INCH_METRES) == round(across / _INCH_METRES)
    return float(whole) if kind == "png" and same else across


def _pdf_figures(data: bytes) -> PortalFile:
    """Of a PDF the pixels of its one picture, and the dpi that its page gives them."""
    with pypdfium2.PdfDocument(data) as document:
        page = document[0]
        image = next(iter(page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])))
        width, height = image.get_px_size()
        across, up = page.get_size()
        # A page's size is kept in single precision: a ten-thousandth of a dpi is below what that can tell.
        dpi, other = round(width * 72 / across, 3), round(height * 72 / up, 3)
    if dpi != other:
        raise DocumentFault(ErrorCode.INTERNAL_ERROR, "portal file: dpi differs across and down", STAGE)
    return PortalFile(width=width, height=height, dpi=dpi, bytes=len(data), format="pdf")
