"""Subjects and marks in a ruled table on A4; the total is the sum."""

from random import Random

from PIL import Image

from bench.documents.paper import Paper
from bench.documents.people import Person, day, some_day
from bench.documents.plan import Suite
from bench.documents.truth import Truth
from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import INK, SOFT

_SUBJECTS = (
    *("English Literature", "Mathematics", "Physics", "Chemistry", "Biology", "World History"),
    *("Computer Science", "Economics", "Geography", "Sanskrit", "Fine Arts", "Physical Education"),
)
_GRADES = ((90, "A1"), (80, "A2"), (70, "B1"), (60, "B2"), (50, "C1"), (0, "C2"))
_NAVY, _BAND, _RULE = "#1f3a6e", "#eaf0fa", "#c5d0e4"
_LEFT, _RIGHT, _ROW = 110, 1130, 66


def draw(person: Person, suite: Suite, random: Random) -> tuple[Image.Image, Truth]:
    """Draw the page, A4 at 150 dots an inch."""
    paper = Paper(1240, 1754, suite)
    marks = {subject: random.randint(41, 99) for subject in random.sample(_SUBJECTS, 8)}
    issued = some_day(random, 2019, 2025)
    _head(paper, issued.year)
    _candidate(paper, person)
    _table(paper, 640, marks)
    total = sum(marks.values())
    paper.text((_LEFT, 1400), f"Total marks {total} of {len(marks) * 100}", 38, weight=600)
    paper.text((_RIGHT, 1400), f"Date of issue {day(issued)}", 32, anchor="rs")
    ornaments.signature(paper, (810, 1560), 270, random.randrange(1000))
    paper.text((955, 1624), "Controller of records", 28, ink=SOFT, anchor="ms")
    paper.text((_LEFT, 1624), "Not a real document", 28, ink=SOFT)
    fields = {
        "name": person.name,
        "father_name": person.father,
        "roll_number": person.roll,
        "date_of_birth": day(person.born),
        "total_marks": str(total),
        "issue_date": day(issued),
    }
    return paper.finished("mark_sheet", fields)


def _head(paper: Paper, year: int) -> None:
    paper.rect((40, 40, 1200, 1714), edge=_NAVY, thickness=4)
    paper.rect((52, 52, 1188, 250), _BAND)
    ornaments.seal(paper, (170, 150), 72, _NAVY, _BAND)
    paper.text((270, 140), "Northvale Examination Board", 48, weight=700, ink=_NAVY)
    paper.text((270, 200), f"Senior school examination {year}", 34, ink="#47597d")
    paper.text((1140, 200), "SPECIMEN", 32, weight=700, ink="#b3261e", anchor="rs")
    paper.text((620, 336), "Statement of Marks", 54, weight=600, anchor="ms")


def _candidate(paper: Paper, person: Person) -> None:
    facts = (
        (_LEFT, 410, "Name of candidate", person.name),
        (740, 410, "Roll number", person.roll),
        (_LEFT, 510, "Father's name", person.father),
        (740, 510, "Date of birth", day(person.born)),
    )
    for left, top, label, value in facts:
        paper.text((left, top), label, 26, ink=SOFT)
        paper.text((left, top + 44), value, 36, weight=600)


def _table(paper: Paper, top: float, marks: dict[str, int]) -> None:
    paper.rect((_LEFT, top, _RIGHT, top + _ROW), _NAVY)
    _row(paper, top, ("Subject", "Maximum", "Marks", "Grade"), "#ffffff", 600)
    for index, (subject, mark) in enumerate(marks.items(), start=1):
        paper.line([(_LEFT, top + (index + 1) * _ROW), (_RIGHT, top + (index + 1) * _ROW)], _RULE, 2)
        grade = next(name for least, name in _GRADES if mark >= least)
        _row(paper, top + index * _ROW, (subject, "100", f"{mark:03d}", grade), INK, 400)
    bottom = top + (len(marks) + 1) * _ROW
    paper.rect((_LEFT, top, _RIGHT, bottom), edge=_NAVY, thickness=2)
    for column in (590, 780, 940):
        paper.line([(column, top), (column, bottom)], _RULE, 2)


def _row(paper: Paper, top: float, cells: tuple[str, str, str, str], ink: str, weight: int) -> None:
    baseline = top + _ROW / 2 + 12
    paper.text((_LEFT + 24, baseline), cells[0], 32, weight=weight, ink=ink)
    for cell, middle in zip(cells[1:], (685, 860, 1035), strict=True):
        paper.text((middle, baseline), cell, 32, weight=weight, ink=ink, anchor="ms")
