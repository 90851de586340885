"""Eight kinds of documents; each draws one for a person and says which fields it holds. All are specimens."""

from collections.abc import Callable, Mapping
from random import Random

from PIL import Image

from bench.documents.kinds import (
    aadhaar_card,
    form,
    id_card,
    letter,
    mark_sheet,
    pan_card,
    passport,
    receipt,
)
from bench.documents.people import Person
from bench.documents.plan import Suite
from bench.documents.truth import Truth

Draw = Callable[[Person, Suite, Random], tuple[Image.Image, Truth]]
KINDS: Mapping[str, Draw] = {
    "id_card": id_card.draw,
    "pan_card": pan_card.draw,
    "aadhaar_card": aadhaar_card.draw,
    "mark_sheet": mark_sheet.draw,
    "receipt": receipt.draw,
    "form": form.draw,
    "letter": letter.draw,
    "passport": passport.draw,
}
