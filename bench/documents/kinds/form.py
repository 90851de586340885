"""An application form: labelled boxes, filled in."""

from random import Random

from PIL import Image

from bench.documents.paper import Paper
from bench.documents.people import Person, day, digits, some_day
from bench.documents.plan import Suite
from bench.documents.truth import Truth
from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import SOFT

_GREEN, _BAND, _EDGE, _PEN = "#2f5d3a", "#e9f2ea", "#9bb5a0", "#1f3f97"
_LEFT, _RIGHT = 90, 1150
_TERMS = (
    "I declare that all particulars given above are true, and I",
    "understand that a false statement ends this application. I have",
    "read the rules of the examination and agree to be bound by them.",
)


def draw(person: Person, suite: Suite, random: Random) -> tuple[Image.Image, Truth]:
    """Draw the page, A4 at 150 dots an inch."""
    paper = Paper(1240, 1754, suite)
    number, signed = digits(random, 12, first="123456789"), some_day(random, 2023, 2025)
    _head(paper, number)
    _section(paper, 300, "1", "Applicant")
    _field(paper, (_LEFT, 850), 404, "Full name", person.name)
    _field(paper, (_LEFT, 450), 540, "Date of birth", day(person.born))
    _field(paper, (490, 850), 540, "Telephone", person.telephone)
    ornaments.portrait(paper, (914, 384, 1150, 628), "#e6ece7", "#a9b8ac")
    _section(paper, 690, "2", "Address")
    _field(paper, (_LEFT, _RIGHT), 794, "Street and number", person.street)
    _field(paper, (_LEFT, 610), 930, "Town", person.town)
    _field(paper, (650, _RIGHT), 930, "PIN code", person.pin)
    _field(paper, (_LEFT, _RIGHT), 1066, "Email", person.email)
    _declaration(paper, day(signed), random.randrange(1000))
    fields = {
        "application_number": number,
        "name": person.name,
        "date_of_birth": day(person.born),
        "telephone": person.telephone,
        "pin_code": person.pin,
        "email": person.email,
    }
    return paper.finished("form", fields)


def _head(paper: Paper, number: str) -> None:
    paper.rect((0, 0, 1240, 200), _GREEN)
    paper.text((_LEFT, 86), "Westmere Entrance Examination", 38, ink="#d5e8d8")
    paper.text((_LEFT, 152), "Application Form", 54, weight=700, ink="#ffffff")
    paper.text((1150, 86), "SPECIMEN", 36, weight=700, ink="#ffffff", anchor="rs")
    paper.text((_LEFT, 258), "Application number", 28, ink=SOFT)
    paper.figures((380, 258), number, 36, weight=600)


def _section(paper: Paper, top: float, number: str, title: str) -> None:
    paper.rect((_LEFT, top, _RIGHT, top + 54), _BAND)
    paper.text((_LEFT + 20, top + 40), f"{number}. {title}", 34, weight=600, ink=_GREEN)


def _field(paper: Paper, sides: tuple[float, float], top: float, label: str, value: str) -> None:
    paper.text((sides[0], top), label, 26, ink=SOFT)
    paper.rect((sides[0], top + 14, sides[1], top + 84), "#ffffff", edge=_EDGE, thickness=2)
    paper.text((sides[0] + 20, top + 62), value, 36, ink=_PEN)


def _declaration(paper: Paper, signed: str, seed: int) -> None:
    _section(paper, 1216, "3", "Declaration")
    for index, line in enumerate(_TERMS):
        paper.text((_LEFT, 1330 + index * 46), line, 30)
    paper.text((_LEFT, 1570), signed, 36, ink=_PEN)
    ornaments.signature(paper, (690, 1570), 330, seed, _PEN)
    for left, right, label in ((_LEFT, 510, "Date"), (630, _RIGHT, "Signature of applicant")):
        paper.line([(left, 1592), (right, 1592)], SOFT, 2)
        paper.text((left, 1630), label, 26, ink=SOFT)
    paper.text((_RIGHT, 1710), "Not a real document", 26, ink=SOFT, anchor="rs")
