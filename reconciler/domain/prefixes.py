"""Ids as people shorten them: the first characters."""

import re

UUID_HEX_CHARACTERS = 32
CHARACTERS_MIN = 4
_PREFIX = re.compile(rf"[0-9a-f]{{{CHARACTERS_MIN},{UUID_HEX_CHARACTERS}}}")


def hex_prefix(text: str) -> str | None:
    """The hexadecimal digits with which the id begins; None where the text cannot be the beginning of an id."""
    digits = text.lower().replace("-", "")
    return digits if _PREFIX.fullmatch(digits) else None
