"""The small certificate that the second photograph shows."""

from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import SOFT, Sheet

WORDS = ("Certificate of Completion", "Linnea Aldermoor", "Practical Bookbinding", "CERT 29471", "SPECIMEN")

_GOLD, _NAVY, _PAPER = "#b58a2f", "#1e2f55", "#fffdf6"


def draw() -> Sheet:
    """Draw the certificate, 1400 x 990."""
    sheet = Sheet(1400, 990, _PAPER)
    ornaments.waves(sheet, (60, 320, 1340, 700), "#f3ead2", 18)
    sheet.rect((28, 28, 1372, 962), edge=_NAVY, thickness=8)
    sheet.rect((46, 46, 1354, 944), edge=_GOLD, thickness=3)
    sheet.text((700, 140), "Larkmoor Evening Workshops", 44, weight=500, ink=_GOLD, anchor="ms")
    sheet.text((700, 244), "Certificate of Completion", 84, weight=700, ink=_NAVY, anchor="ms")
    sheet.text((700, 340), "This is awarded to", 42, ink=SOFT, anchor="ms")
    sheet.text((700, 446), "Linnea Aldermoor", 88, weight=600, anchor="ms")
    sheet.line([(360, 480), (1040, 480)], _GOLD, 3)
    sheet.text((700, 552), "who finished the course of forty lessons in", 42, ink=SOFT, anchor="ms")
    sheet.text((700, 626), "Practical Bookbinding", 58, weight=600, ink=_NAVY, anchor="ms")
    _foot(sheet)
    return sheet


def _foot(sheet: Sheet) -> None:
    ornaments.seal(sheet, (700, 790), 96, _GOLD, _PAPER)
    sheet.text((110, 800), "CERT 29471", 46, weight=600)
    sheet.line([(110, 826), (500, 826)], SOFT, 2)
    sheet.text((110, 878), "30 April 2024", 40, ink=SOFT)
    ornaments.signature(sheet, (930, 800), 300, 61)
    sheet.line([(900, 826), (1290, 826)], SOFT, 2)
    sheet.text((900, 878), "Course leader", 40, ink=SOFT)
    sheet.text((700, 926), "SPECIMEN", 32, weight=700, ink="#b3261e", anchor="ms")
