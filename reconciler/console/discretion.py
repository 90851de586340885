"""What is taken out of texts before they are shown: secrets, keys of the store, paths of the stash."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.logs import redact

HIDDEN_PATH = "…/"
KEY_CHARACTERS_MIN = 20
_WORD = re.compile(r"[\w.~@%+=:{}/-]+")
"""What may be a path: one run of such characters, so that the search takes no longer than the text is long."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_AADHAAR = re.compile(r"(?<!\d)[2-9]\d{3}([ _.-]?)\d{4}\1(\d{4})(?!\d)")


def discreet(text: str, keys: Iterable[str] = ()) -> str:
    """The text without secrets and full paths; of a path its last part is left. `keys` go wherever they stand."""
    shown = redact(text)
    for key in sorted(filter(_is_telling, keys), key=len, reverse=True):
        shown = shown.replace(key, f"{HIDDEN_PATH}{_last(key)}")
    return _WORD.sub(lambda found: _without_path(found[0]), shown)


def conceal(value: Any, keys: Iterable[str] = ()) -> Any:
    """The same of every text within a value, however deep."""
    hidden = tuple(keys)
    if isinstance(value, str):
        return discreet(value, hidden)
    if isinstance(value, Mapping):
        return {name: conceal(part, hidden) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [conceal(part, hidden) for part in value]
    return value


def masked(name: str) -> str:
    """A file's name without the Aadhaar number that a person may have put into it."""
    return _AADHAAR.sub(lambda found: f"XXXX{found[1]}XXXX{found[1]}{found[2]}", name)


def _without_path(word: str) -> str:
    """Of a path its last part; nothing of one that ends in a UUID, which would be as good as the whole."""
    path, _, last = word.rstrip(".:").rpartition("/")
    end = word[len(word.rstrip(".:")) :]
    if "/" in word and _UUID.fullmatch(last):
        return HIDDEN_PATH + end
    return f"{HIDDEN_PATH}{last}{end}" if "/" in path.lstrip("/") else word


def _is_telling(key: str) -> bool:
    """Whether it is a path, or too long to be an ordinary word."""
    return "/" in key or len(key) >= KEY_CHARACTERS_MIN


def _last(key: str) -> str:
    """Of a key that is as secret as its last part nothing is left."""
    return "" if key.count("/") < 2 else key.rpartition("/")[2]
