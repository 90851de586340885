"""The letter that the first photograph shows."""

from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import SOFT, Sheet

WORDS = ("Fennick Ostrander Bindery", "Dear Ms Pemberwick", "Order number 58294", "Rosalind Achterberg", "SPECIMEN")

_PLUM = "#6a2c4f"
_BODY = (
    "we are glad to tell you that your twelve volumes",
    "have been sewn, rounded and bound in dark blue",
    "linen, as you asked us in the spring.",
    "",
    "They can be collected from our workshop on any",
    "weekday between nine and five. Please bring this",
    "letter with you. Nothing is left to pay.",
    "",
    "We thank you for your patience and your trust.",
)
_LEFT, _RIGHT = 130, 1110


def draw() -> Sheet:
    """Draw the letter, A4 at 150 dots an inch."""
    sheet = Sheet(1240, 1754, "#fdfcf8")
    _head(sheet)
    sheet.text((_LEFT, 400), "Order number 58294", 42, weight=600)
    sheet.text((_RIGHT, 400), "21 November 2024", 42, anchor="rs")
    sheet.text((_LEFT, 520), "Dear Ms Pemberwick", 44)
    for index, line in enumerate(_BODY):
        if line:
            sheet.text((_LEFT, 610 + index * 66), line, 42)
    _close(sheet)
    return sheet


def _head(sheet: Sheet) -> None:
    sheet.rect((0, 0, 1240, 22), _PLUM)
    sheet.text((_LEFT, 150), "Fennick Ostrander Bindery", 60, weight=700, ink=_PLUM)
    sheet.text((_LEFT, 214), "4 Thimble Street, Larkmoor", 38, ink=SOFT)
    sheet.text((_RIGHT, 214), "SPECIMEN", 42, weight=700, ink="#b3261e", anchor="rs")
    sheet.line([(_LEFT, 260), (_RIGHT, 260)], _PLUM, 4)


def _close(sheet: Sheet) -> None:
    sheet.text((_LEFT, 1290), "Yours sincerely", 42)
    ornaments.signature(sheet, (_LEFT + 10, 1420), 330, 51)
    sheet.text((_LEFT, 1500), "Rosalind Achterberg", 44, weight=600)
    sheet.text((_LEFT, 1554), "Master binder", 38, ink=SOFT)
    sheet.line([(_LEFT, 1624), (_RIGHT, 1624)], "#cfc4ca", 2)
    sheet.text((620, 1676), "Not a real document", 34, ink=SOFT, anchor="ms")
