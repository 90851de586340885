"""The application form: labelled boxes filled in by hand, and check boxes."""

from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import SOFT, Sheet

WORDS = (
    "Westmere Reading Room",
    "Application for Membership",
    "Oswin Tarrowby",
    "22 Bramble Court",
    "oswin@example.org",
    "SPECIMEN",
)

_GREEN, _BAND, _EDGE, _PEN = "#2f5d3a", "#e9f2ea", "#9bb5a0", "#1f3f97"
_LEFT, _RIGHT = 90, 1150
_MIDDLE = 630


def draw() -> Sheet:
    """Draw the page, A4 at 150 dots an inch."""
    sheet = Sheet(1240, 1754)
    _head(sheet)
    _applicant(sheet)
    _address(sheet)
    _choices(sheet)
    _declaration(sheet)
    return sheet


def _head(sheet: Sheet) -> None:
    sheet.rect((0, 0, 1240, 200), _GREEN)
    sheet.text((_LEFT, 90), "Westmere Reading Room", 40, weight=500, ink="#d5e8d8")
    sheet.text((_LEFT, 156), "Application for Membership", 58, weight=700, ink="#ffffff")
    sheet.rect((920, 46, 1150, 104), "#ffffff", radius=8)
    sheet.text((1035, 75), "SPECIMEN", 36, weight=700, ink="#b3261e", anchor="mm")
    sheet.text((_LEFT, 254), "Please write in block or clear letters. Not a real document.", 32, ink=SOFT)


def _section(sheet: Sheet, top: float, number: int, title: str) -> None:
    sheet.rect((_LEFT, top, _RIGHT, top + 58), _BAND)
    sheet.rect((_LEFT, top, _LEFT + 58, top + 58), _GREEN)
    sheet.text((_LEFT + 29, top + 29), str(number), 36, weight=700, ink="#ffffff", anchor="mm")
    sheet.text((_LEFT + 80, top + 42), title, 36, weight=600, ink=_GREEN)


def _field(sheet: Sheet, left: float, right: float, top: float, label: str, value: str) -> None:
    sheet.text((left, top), label, 32, ink=SOFT)
    sheet.rect((left, top + 16, right, top + 88), "#ffffff", edge=_EDGE, thickness=2, radius=4)
    sheet.text((left + 22, top + 66), value, 40, weight=500, ink=_PEN)


def _applicant(sheet: Sheet) -> None:
    _section(sheet, 296, 1, "Applicant")
    _field(sheet, _LEFT, 850, 404, "Full name", "Oswin Tarrowby")
    _field(sheet, _LEFT, 450, 540, "Date of birth", "09 August 1987")
    _field(sheet, 490, 850, 540, "Telephone", "555 0142")
    ornaments.portrait(sheet, (914, 384, 1150, 628), "#e6ece7", "#a9b8ac")
    sheet.rect((914, 384, 1150, 628), edge=_EDGE, thickness=2)


def _address(sheet: Sheet) -> None:
    _section(sheet, 676, 2, "Address")
    _field(sheet, _LEFT, _RIGHT, 784, "Street and number", "22 Bramble Court")
    _field(sheet, _LEFT, _MIDDLE - 20, 920, "Town", "Larkmoor")
    _field(sheet, _MIDDLE + 20, _RIGHT, 920, "Email", "oswin@example.org")


def _choices(sheet: Sheet) -> None:
    _section(sheet, 1056, 3, "Membership")
    choices = (("Adult", True), ("Student", False), ("Family", False), ("Newsletter", True))
    for index, (label, chosen) in enumerate(choices):
        left = _LEFT + index * 268
        sheet.rect((left, 1146, left + 40, 1186), "#ffffff", edge=_GREEN, thickness=3)
        if chosen:
            ornaments.tick(sheet, (left, 1146, left + 40, 1186), _PEN)
        sheet.text((left + 60, 1179), label, 36)


def _declaration(sheet: Sheet) -> None:
    _section(sheet, 1244, 4, "Declaration")
    sheet.text((_LEFT, 1358), "I have read the house rules and agree to return every book", 34)
    sheet.text((_LEFT, 1406), "in the state in which it was lent to me.", 34)
    sheet.text((_LEFT, 1560), "03 October 2024", 40, weight=500, ink=_PEN)
    ornaments.signature(sheet, (690, 1560), 330, 41, _PEN)
    for left, right, label in ((_LEFT, 510, "Date"), (_MIDDLE, _RIGHT, "Signature of applicant")):
        sheet.line([(left, 1582), (right, 1582)], SOFT, 2)
        sheet.text((left, 1624), label, 32, ink=SOFT)
    sheet.line([(_LEFT, 1672), (_RIGHT, 1672)], _EDGE, 2)
    sheet.text((_LEFT, 1714), "Form WR-12", 28, ink=SOFT)
    sheet.text((_RIGHT, 1714), "Page 1 of 1", 28, ink=SOFT, anchor="rs")
