"""A card like those of the tax office, on a patterned ground."""

from random import Random

from PIL import Image

from bench.documents.paper import Paper
from bench.documents.people import Person, day
from bench.documents.plan import Suite
from bench.documents.truth import Truth
from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import SOFT

_BLUE, _GROUND = "#1c3f77", "#dbe7f1"


def draw(person: Person, suite: Suite, random: Random) -> tuple[Image.Image, Truth]:
    """Draw the card, 1012 x 638."""
    paper = Paper(1012, 638, suite, _GROUND)
    ornaments.waves(paper, (0, 120, 1012, 638), "#c4d6e6", 20)
    paper.text((506, 62), "REVENUE DEPARTMENT SPECIMEN", 36, weight=700, ink=_BLUE, anchor="ms")
    paper.text((506, 108), "Permanent Account Number Card", 30, ink=_BLUE, anchor="ms")
    paper.figures((506, 196), person.pan, 50, weight=700, anchor="ms")
    ornaments.portrait(paper, (760, 240, 964, 490), "#cfd9e2", "#8897a8")
    facts = (("Name", person.name), ("Father's Name", person.father), ("Date of Birth", day(person.born)))
    for index, (label, value) in enumerate(facts):
        paper.text((56, 268 + index * 112), label, 24, ink=SOFT)
        paper.text((56, 312 + index * 112), value.upper(), 34, weight=600)
    ornaments.signature(paper, (420, 590), 220, random.randrange(1000))
    paper.text((964, 600), "Not a real document", 24, ink=SOFT, anchor="rs")
    fields = {
        "pan": person.pan,
        "name": person.name.upper(),
        "father_name": person.father.upper(),
        "date_of_birth": day(person.born),
    }
    return paper.finished("pan_card", fields)
