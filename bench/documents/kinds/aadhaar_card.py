"""A card like Aadhaar's, with a head in Devanagari, which none of the systems reads."""

from random import Random

from PIL import Image

from bench.documents.paper import Paper
from bench.documents.people import Person, day
from bench.documents.plan import Suite
from bench.documents.truth import Truth
from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import SOFT


def draw(person: Person, suite: Suite, random: Random) -> tuple[Image.Image, Truth]:
    """Draw the card, 1012 x 638."""
    paper = Paper(1012, 638, suite, "#fffdf8")
    _head(paper)
    ornaments.portrait(paper, (56, 170, 282, 450), "#e3dccd", "#a1937a")
    sex = "Female" if person.is_female else "Male"
    paper.text((330, 216), person.name, 40, weight=600)
    paper.text((330, 276), f"DOB: {day(person.born)}", 34)
    paper.text((330, 334), sex, 34)
    paper.text((330, 392), f"{person.street}, {person.town}", 28, ink=SOFT)
    ornaments.bars(paper, (740, 180, 964, 300), random.randrange(1000))
    spaced = " ".join(person.aadhaar[at : at + 4] for at in (0, 4, 8))
    paper.figures((506, 530), spaced, 54, weight=700, anchor="ms")
    paper.rect((0, 566, 1012, 574), "#c0392b")
    paper.text((506, 616), "Not a real document", 26, ink=SOFT, anchor="ms")
    fields = {
        "aadhaar_number": person.aadhaar,
        "name": person.name,
        "date_of_birth": day(person.born),
        "gender": sex,
    }
    return paper.finished("aadhaar_card", fields)


def _head(paper: Paper) -> None:
    paper.rect((0, 0, 1012, 12), "#e67e22")
    paper.rect((0, 120, 1012, 128), "#2e8b57")
    ornaments.seal(paper, (80, 66), 40, "#8d6e3f", "#fffdf8")
    paper.hindi((150, 58), "भारत सरकार", 40, weight=600)
    paper.text((150, 104), "Government of Larkmoor", 32, weight=600)
    paper.text((964, 90), "SPECIMEN", 34, weight=700, ink="#b3261e", anchor="rs")
