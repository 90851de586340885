"""A letter: running text, small."""

from random import Random

from PIL import Image

from bench.documents.paper import Paper
from bench.documents.people import Person, day, digits, some_day
from bench.documents.plan import Suite
from bench.documents.truth import Truth
from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import SOFT

_PLUM, _LEFT, _RIGHT = "#6a2c4f", 130, 1110
_OPENINGS = ("we are glad to tell you that", "we confirm herewith that", "this is to certify that")
_BODY = (
    "your papers have reached our office and were found to be",
    "complete. The committee met in the first week of the month",
    "and went through every request with care; yours was among",
    "the forty-two that were granted at once.",
    "",
    "Please bring this letter with you, together with an identity",
    "card and two photographs of passport size. Our counter is open",
    "on weekdays from 9.30 to 16.45, and on Saturdays until noon.",
    "Nothing is left to pay: the fee of Rs 1,250 was received.",
    "",
    "Should you be prevented from coming, a person of your choice",
    "may collect the papers if you sign the form overleaf. Papers",
    "that are not collected within 60 days go back to the archive.",
)


def draw(person: Person, suite: Suite, random: Random) -> tuple[Image.Image, Truth]:
    """Draw the page, A4 at 150 dots an inch."""
    paper = Paper(1240, 1754, suite, "#fdfcf8")
    reference, written = f"FB/{digits(random, 4)}/{digits(random, 2)}", some_day(random, 2021, 2025)
    _head(paper)
    paper.text((_LEFT, 340), f"Reference: {reference}", 32, weight=600)
    paper.text((_RIGHT, 340), f"Date: {day(written)}", 32, anchor="rs")
    for index, line in enumerate((person.name, person.street, f"{person.town} {person.pin}")):
        paper.text((_LEFT, 430 + index * 46), line, 32)
    paper.text((_LEFT, 630), f"Dear {person.first_name} {person.last_name},", 32)
    for index, line in enumerate((random.choice(_OPENINGS), *_BODY)):
        if line:
            paper.text((_LEFT, 700 + index * 48), line, 30)
    _close(paper, person.father, random.randrange(1000))
    fields = {"reference": reference, "date": day(written), "name": person.name}
    return paper.finished("letter", fields)


def _head(paper: Paper) -> None:
    paper.rect((0, 0, 1240, 22), _PLUM)
    paper.text((_LEFT, 150), "Fennick Foundation", 56, weight=700, ink=_PLUM)
    paper.text((_LEFT, 210), "4 Thimble Street, Larkmoor", 32, ink=SOFT)
    paper.text((_RIGHT, 210), "SPECIMEN", 38, weight=700, ink="#b3261e", anchor="rs")
    paper.line([(_LEFT, 250), (_RIGHT, 250)], _PLUM, 4)


def _close(paper: Paper, signer: str, seed: int) -> None:
    paper.text((_LEFT, 1430), "Yours sincerely", 32)
    ornaments.signature(paper, (_LEFT + 10, 1530), 300, seed)
    paper.text((_LEFT, 1590), signer, 34, weight=600)
    paper.text((620, 1690), "Not a real document", 28, ink=SOFT, anchor="ms")
