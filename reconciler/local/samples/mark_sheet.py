"""The mark sheet: a table of subjects and marks on an A4 page."""

from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import INK, SOFT, Sheet

WORDS = (
    "Northvale Examination Board",
    "Statement of Marks",
    "Tobias Quillfeather",
    "NV-738452",
    "Computer Science",
    "World History",
    "SPECIMEN",
)

_NAVY, _BAND, _RULE = "#1f3a6e", "#eaf0fa", "#c5d0e4"
_MARKS = (
    ("English Literature", 84, "A"),
    ("Mathematics", 93, "A+"),
    ("Physics", 79, "B+"),
    ("Chemistry", 88, "A"),
    ("World History", 76, "B+"),
    ("Computer Science", 97, "A+"),
    ("Fine Arts", 81, "A"),
)
_LEFT, _RIGHT = 110, 1130
_MARK_RIGHT, _MAXIMUM_RIGHT, _GRADE_MIDDLE = 900, 740, 1025
_ROW = 72


def draw() -> Sheet:
    """Draw the page, A4 at 150 dots an inch."""
    sheet = Sheet(1240, 1754)
    sheet.rect((40, 40, 1200, 1714), edge=_NAVY, thickness=4)
    sheet.rect((52, 52, 1188, 1702), edge=_RULE, thickness=2)
    _head(sheet)
    _candidate(sheet)
    bottom = _table(sheet, 690)
    _outcome(sheet, bottom + 70)
    _foot(sheet)
    return sheet


def _head(sheet: Sheet) -> None:
    sheet.rect((52, 52, 1188, 262), _BAND)
    ornaments.seal(sheet, (186, 157), 76, _NAVY, _BAND)
    sheet.text((300, 146), "Northvale Examination Board", 54, weight=700, ink=_NAVY)
    sheet.text((300, 208), "Senior school examination, spring 2024", 36, ink="#47597d")
    sheet.text((620, 350), "Statement of Marks", 58, weight=600, anchor="ms")
    sheet.rect((510, 378, 730, 384), "#d0a648")


def _candidate(sheet: Sheet) -> None:
    _fact(sheet, _LEFT, 460, "Candidate", "Tobias Quillfeather")
    _fact(sheet, 760, 460, "Roll number", "NV-738452")
    _fact(sheet, _LEFT, 570, "School", "Elderbrook High School")
    _fact(sheet, 760, 570, "Session", "2023 to 2024")


def _fact(sheet: Sheet, left: float, top: float, label: str, value: str) -> None:
    sheet.text((left, top), label, 32, ink=SOFT)
    sheet.text((left, top + 48), value, 42, weight=600)


def _table(sheet: Sheet, top: float) -> float:
    sheet.rect((_LEFT, top, _RIGHT, top + _ROW), _NAVY)
    _row(sheet, top, ("Subject", "Maximum", "Marks", "Grade"), "#ffffff", 600)
    for index, (subject, mark, grade) in enumerate(_MARKS, start=1):
        row_top = top + index * _ROW
        if index % 2 == 0:
            sheet.rect((_LEFT, row_top, _RIGHT, row_top + _ROW), "#f5f8fd")
        sheet.line([(_LEFT, row_top + _ROW), (_RIGHT, row_top + _ROW)], _RULE, 2)
        _row(sheet, row_top, (subject, "100", str(mark), grade), INK, 400)
    bottom = top + (len(_MARKS) + 2) * _ROW
    sheet.rect((_LEFT, bottom - _ROW, _RIGHT, bottom), _BAND)
    total = sum(mark for _, mark, _ in _MARKS)
    _row(sheet, bottom - _ROW, ("Total", str(100 * len(_MARKS)), str(total), "A"), _NAVY, 700)
    sheet.rect((_LEFT, top, _RIGHT, bottom), edge=_NAVY, thickness=2)
    return bottom


def _row(sheet: Sheet, top: float, cells: tuple[str, str, str, str], ink: str, weight: int) -> None:
    baseline = top + _ROW / 2 + 13
    anchors = ((_LEFT + 28, "ls"), (_MAXIMUM_RIGHT, "rs"), (_MARK_RIGHT, "rs"), (_GRADE_MIDDLE, "ms"))
    for cell, (x, anchor) in zip(cells, anchors, strict=True):
        sheet.text((x, baseline), cell, 36, weight=weight, ink=ink, anchor=anchor)


def _outcome(sheet: Sheet, baseline: float) -> None:
    sheet.text((_LEFT, baseline), "Result", 32, ink=SOFT)
    sheet.text((_LEFT + 120, baseline), "Passed with distinction", 40, weight=600, ink="#1b6b3a")
    sheet.text((_RIGHT, baseline), "12 July 2024", 36, anchor="rs")


def _foot(sheet: Sheet) -> None:
    ornaments.signature(sheet, (810, 1580), 270, 21)
    sheet.line([(780, 1600), (_RIGHT, 1600)], SOFT, 2)
    sheet.text((955, 1644), "Controller of records", 32, ink=SOFT, anchor="ms")
    sheet.rect((_LEFT, 1552, _LEFT + 250, 1616), edge="#b3261e", thickness=4, radius=8)
    sheet.text((_LEFT + 125, 1584), "SPECIMEN", 40, weight=700, ink="#b3261e", anchor="mm")
    sheet.text((_LEFT, 1660), "Not a real document", 32, ink=SOFT)
