"""The ID card: a resident's card with a portrait."""

from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import SOFT, Sheet

WORDS = ("Township of Larkmoor", "Imara Velstrand", "LKM 4827 1936", "14 March 1991", "SPECIMEN")

_TEAL, _DEEP, _TINT = "#0f5c63", "#0a4449", "#eef6f5"


def draw() -> Sheet:
    """Draw the card, 1012 x 638."""
    sheet = Sheet(1012, 638, _TINT)
    ornaments.waves(sheet, (330, 190, 1012, 560), "#d9ebe9")
    _head(sheet)
    ornaments.portrait(sheet, (48, 168, 304, 488), "#cfe0e2", "#7f9fa5")
    sheet.rect((48, 168, 304, 488), edge="#8fb0b4", thickness=2)
    _facts(sheet)
    _foot(sheet)
    return sheet


def _head(sheet: Sheet) -> None:
    sheet.rect((0, 0, 1012, 128), _TEAL)
    sheet.rect((0, 128, 1012, 136), "#e0a93b")
    ornaments.seal(sheet, (92, 64), 44, "#f3f8f7", _TEAL)
    sheet.text((158, 62), "Township of Larkmoor", 44, weight=700, ink="#ffffff")
    sheet.text((158, 104), "Resident identity card", 30, ink="#cfe6e4")
    sheet.rect((780, 40, 972, 92), "#ffffff", radius=26)
    sheet.text((876, 66), "SPECIMEN", 30, weight=700, ink="#b3261e", anchor="mm")


def _facts(sheet: Sheet) -> None:
    _fact(sheet, 344, 196, "Name", "Imara Velstrand", 46)
    _fact(sheet, 344, 296, "Card number", "LKM 4827 1936", 42)
    _fact(sheet, 344, 396, "Date of birth", "14 March 1991", 34)
    _fact(sheet, 690, 396, "Valid until", "01 June 2034", 34)
    ornaments.signature(sheet, (706, 336), 220, 11)
    sheet.line([(690, 352), (964, 352)], "#8fb0b4", 2)


def _fact(sheet: Sheet, left: float, top: float, label: str, value: str, size: int) -> None:
    sheet.text((left, top), label, 26, ink=SOFT)
    sheet.text((left, top + 8 + size * 0.92), value, size, weight=600)


def _foot(sheet: Sheet) -> None:
    sheet.rect((0, 528, 1012, 638), "#ffffff")
    sheet.line([(0, 528), (1012, 528)], "#c3d7d8", 2)
    ornaments.bars(sheet, (48, 552, 430, 614), 12)
    sheet.text((964, 580), "Not a real document", 28, weight=600, ink=_DEEP, anchor="rs")
    sheet.text((964, 614), "Made for demonstration", 26, ink=SOFT, anchor="rs")
