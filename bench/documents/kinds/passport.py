"""A passport's page of particulars, with the two machine-readable lines of 44 characters and their check digits."""

from datetime import date
from random import Random

from PIL import Image

from bench.documents.numbers import mrz_check
from bench.documents.paper import Paper
from bench.documents.people import Person, day, some_day
from bench.documents.plan import Suite
from bench.documents.truth import Truth
from reconciler.local.samples import ornaments
from reconciler.local.samples.sheet import SOFT

_STATE = "UTO"
"""The code that examples use: nobody is from Utopia."""
_LENGTH = 44


def draw(person: Person, suite: Suite, random: Random) -> tuple[Image.Image, Truth]:
    """Draw the page, 1250 x 880."""
    paper = Paper(1250, 880, suite, "#f6f1e7")
    expires = some_day(random, 2027, 2034)
    ornaments.waves(paper, (0, 60, 1250, 640), "#e6dcc8", 18)
    paper.text((60, 80), "PASSPORT", 46, weight=700, ink="#5a1f2b")
    paper.text((1190, 80), "SPECIMEN", 36, weight=700, ink="#b3261e", anchor="rs")
    ornaments.portrait(paper, (60, 140, 390, 560), "#e2d7c2", "#9c8b6c")
    _facts(paper, person, expires)
    upper, lower = machine_readable(person, expires)
    paper.rect((0, 690, 1250, 880), "#fdfbf6")
    paper.figures((625, 770), upper, 43, anchor="ms")
    paper.figures((625, 840), lower, 43, anchor="ms")
    fields = {
        "surname": person.last_name.upper(),
        "given_names": person.first_name.upper(),
        "passport_number": person.passport,
        "date_of_birth": day(person.born),
        "date_of_expiry": day(expires),
        "mrz": upper + lower,
    }
    return paper.finished("passport", fields)


def _facts(paper: Paper, person: Person, expires: date) -> None:
    facts = (
        (430, 170, "Type", "P"),
        (620, 170, "Country code", _STATE),
        (880, 170, "Passport No.", person.passport),
        (430, 270, "Surname", person.last_name.upper()),
        (430, 370, "Given names", person.first_name.upper()),
        (430, 470, "Date of birth", day(person.born)),
        (880, 470, "Sex", "F" if person.is_female else "M"),
        (430, 570, "Place of birth", person.town.upper()),
        (880, 570, "Date of expiry", day(expires)),
    )
    for left, top, label, value in facts:
        paper.text((left, top), label, 24, ink=SOFT)
        paper.text((left, top + 44), value, 36, weight=600)
    paper.text((60, 660), "Not a real document", 24, ink=SOFT)


def machine_readable(person: Person, expires: date) -> tuple[str, str]:
    """The two lines of a passport as the standard for machine-readable travel documents lays them out."""
    names = f"{person.last_name}<<{person.first_name}".upper()
    number, born, until = person.passport.ljust(9, "<"), person.born.strftime("%y%m%d"), expires.strftime("%y%m%d")
    number, born, until = (field + mrz_check(field) for field in (number, born, until))
    personal = "<" * 14 + mrz_check("<" * 14)
    whole = number + born + until + personal
    sex = "F" if person.is_female else "M"
    lower = f"{number}{_STATE}{born}{sex}{until}{personal}{mrz_check(whole)}"
    return f"P<{_STATE}{names}".ljust(_LENGTH, "<"), lower
