"""Which objects a document may be read from."""

import re
from collections.abc import Iterable

USER_PATHS = (
    "blobs/{uuid}",
    "blobs/{uuid}.*",
    "blobs/{user_id}/**",
    "raw/{user_id}/**",
    "uploads/{user_id}/**",
    "{user_id}/**",
)
"""Where uploads lie unless RAW_PATH_PATTERNS says otherwise."""
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HOLDERS = {r"\{uuid\}": _UUID, r"\*\*": ".+", r"\*": "[^/]+"}


def raw_path_allowed(raw_path: str, user_id: str, patterns: Iterable[str]) -> bool:
    """Whether the key matches one of the patterns.

    `{user_id}` stands for the job's own user, `{uuid}` for any UUID, `*` for (the rest of) one part of the path, `**`
    for all parts that follow.
    """
    if any(part in ("", ".", "..") for part in raw_path.split("/")) or "\\" in raw_path:
        return False
    return any(_compiled(pattern, user_id).fullmatch(raw_path) for pattern in patterns)


def check_patterns(patterns: Iterable[str]) -> None:
    """Raise ValueError unless every pattern is bound to a user or to a single blob."""
    for pattern in patterns:
        if "{user_id}" not in pattern and "{uuid}" not in pattern:
            raise ValueError("each pattern must hold {user_id} or {uuid}")


def _compiled(pattern: str, user_id: str) -> re.Pattern[str]:
    expression = re.escape(pattern).replace(r"\{user_id\}", re.escape(user_id))
    for holder, meaning in _HOLDERS.items():
        expression = expression.replace(holder, meaning)
    return re.compile(expression)
