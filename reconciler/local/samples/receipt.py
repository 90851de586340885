"""The receipt: a till's narrow strip with right-aligned amounts."""

from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import SOFT, Sheet

WORDS = ("Copperleaf Grocery", "Oat milk barista", "Wildflower honey", "Receipt 60417", "TOTAL", "SPECIMEN")

_GOODS = (
    ("Sourdough loaf", 1, 425),
    ("Oat milk barista", 2, 289),
    ("Wildflower honey", 1, 850),
    ("Plum tomatoes", 3, 140),
    ("Smoked paprika", 1, 365),
    ("Ground coffee", 1, 1195),
    ("Paper bag", 2, 25),
)
_LEFT, _RIGHT = 64, 696
_ROW = 62


def draw() -> Sheet:
    """Draw the strip, 760 x 1600."""
    sheet = Sheet(760, 1600, "#fbfaf7")
    _head(sheet)
    bottom = _goods(sheet, 520)
    bottom = _sums(sheet, bottom + 30)
    _foot(sheet, bottom)
    return sheet


def _head(sheet: Sheet) -> None:
    sheet.ellipse((340, 52, 420, 132), "#26221d")
    sheet.ellipse((372, 66, 404, 118), "#fbfaf7")
    sheet.line([(388, 62), (388, 126)], "#26221d", 4)
    sheet.text((380, 200), "Copperleaf Grocery", 56, weight=700, anchor="ms")
    sheet.text((380, 252), "7 Juniper Lane, Larkmoor", 34, ink=SOFT, anchor="ms")
    sheet.rect((270, 280, 490, 332), edge="#26221d", thickness=3, radius=6)
    sheet.text((380, 306), "SPECIMEN", 34, weight=700, anchor="mm")
    sheet.text((_LEFT, 400), "Receipt 60417", 34)
    sheet.text((_RIGHT, 400), "Till 3", 34, anchor="rs")
    sheet.text((_LEFT, 446), "18 May 2024", 34)
    sheet.text((_RIGHT, 446), "16:42", 34, anchor="rs")
    ornaments.dashes(sheet, (_LEFT, 478), _RIGHT - _LEFT, SOFT)


def _goods(sheet: Sheet, top: float) -> float:
    for index, (name, count, cents) in enumerate(_GOODS):
        baseline = top + 20 + index * _ROW
        sheet.text((_LEFT, baseline), str(count), 36, ink=SOFT)
        sheet.text((_LEFT + 48, baseline), name, 36)
        sheet.text((_RIGHT, baseline), _money(count * cents), 36, anchor="rs")
    return top + len(_GOODS) * _ROW


def _sums(sheet: Sheet, top: float) -> float:
    ornaments.dashes(sheet, (_LEFT, top - 34), _RIGHT - _LEFT, SOFT)
    net = sum(count * cents for _, count, cents in _GOODS)
    tax = round(net * 0.05)
    _sum(sheet, top + 26, "Subtotal", net)
    _sum(sheet, top + 78, "Tax 5%", tax)
    sheet.line([(_LEFT, top + 106), (_RIGHT, top + 106)], "#26221d", 4)
    sheet.text((_LEFT, top + 172), "TOTAL", 56, weight=700)
    sheet.text((_RIGHT, top + 172), _money(net + tax), 56, weight=700, anchor="rs")
    sheet.line([(_LEFT, top + 200), (_RIGHT, top + 200)], "#26221d", 4)
    _sum(sheet, top + 258, "Card ending 0000", net + tax)
    return top + 290


def _sum(sheet: Sheet, baseline: float, label: str, cents: int) -> None:
    sheet.text((_LEFT, baseline), label, 36)
    sheet.text((_RIGHT, baseline), _money(cents), 36, anchor="rs")


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _foot(sheet: Sheet, top: float) -> None:
    ornaments.dashes(sheet, (_LEFT, top + 10), _RIGHT - _LEFT, SOFT)
    sheet.text((380, top + 84), "Thank you for your visit", 38, weight=600, anchor="ms")
    sheet.text((380, top + 134), "Not a real document", 32, ink=SOFT, anchor="ms")
    ornaments.bars(sheet, (150, top + 176, 618, top + 276), 31)
