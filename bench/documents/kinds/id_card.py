"""A resident's card with a portrait."""

from random import Random

from PIL import Image

from bench.documents.paper import Paper
from bench.documents.people import Person, day, some_day
from bench.documents.plan import Suite
from bench.documents.truth import Truth
from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import SOFT

_TEAL, _TINT = "#0f5c63", "#eef6f5"


def draw(person: Person, suite: Suite, random: Random) -> tuple[Image.Image, Truth]:
    """Draw the card, 1012 x 638."""
    paper = Paper(1012, 638, suite, _TINT)
    until = some_day(random, 2028, 2036)
    ornaments.waves(paper, (330, 190, 1012, 560), "#d9ebe9")
    _head(paper)
    ornaments.portrait(paper, (48, 168, 304, 488), "#cfe0e2", "#7f9fa5")
    _fact(paper, (344, 196), "Name", person.name, 42)
    _fact(paper, (344, 296), "Card number", person.card, 42)
    _fact(paper, (344, 396), "Date of birth", day(person.born), 34)
    _fact(paper, (690, 396), "Valid until", day(until), 34)
    ornaments.bars(paper, (48, 552, 430, 614), random.randrange(1000))
    paper.text((964, 590), "Not a real document", 26, weight=600, ink=_TEAL, anchor="rs")
    fields = {
        "name": person.name,
        "id_number": person.card,
        "date_of_birth": day(person.born),
        "valid_until": day(until),
    }
    return paper.finished("id_card", fields)


def _head(paper: Paper) -> None:
    paper.rect((0, 0, 1012, 128), _TEAL)
    ornaments.seal(paper, (92, 64), 44, "#f3f8f7", _TEAL)
    paper.text((158, 62), "Township of Larkmoor", 42, weight=700, ink="#ffffff")
    paper.text((158, 104), "Resident identity card", 28, ink="#cfe6e4")
    paper.rect((770, 40, 982, 92), "#ffffff", radius=26)
    paper.text((876, 66), "SPECIMEN", 28, weight=700, ink="#b3261e", anchor="mm")


def _fact(paper: Paper, at: tuple[float, float], label: str, value: str, size: int) -> None:
    paper.text(at, label, 24, ink=SOFT)
    paper.text((at[0], at[1] + 8 + size * 0.95), value, size, weight=600)
