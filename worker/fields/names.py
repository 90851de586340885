"""Names of people, and words that are none."""

import re

_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .'\u2019-]){1,59}")
_NO_NAMES = re.compile(
    r"\b(government|govt|india|department|authority|republic|income|tax|card|specimen|male|female|signature|permanent"
    r"|account|number|date|birth|address|identity|identification|board|university|school|college|examination"
    r"|certificate|statement|marks|subject|total|grade|result|session)\b",
    re.IGNORECASE,
)


def is_name(text: str) -> bool:
    """Whether a text may be a person's name: letters, blanks, points, hyphens, and no word of a printed form."""
    return bool(_NAME.fullmatch(text)) and not _NO_NAMES.search(text) and sum(map(str.isalpha, text)) >= 2


def tidy(text: str) -> str:
    """The text with single blanks, and without what hangs on to it."""
    return " ".join(text.split()).strip(" :;,|_-=*")
