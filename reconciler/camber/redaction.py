"""What is never kept of a call, or quoted from it: keys, presigned queries, other jobs' commands (pure)."""

import re

REDACTED = b"[redacted]"
DROPPED = b"[dropped: not ours]"

# Go's JSON spells `&` as \u0026; a value therefore ends at a backslash too.
_PATTERNS = (
    # The whole query goes: without its signature a presigned URL still tells the credential and the object's key.
    (
        re.compile(
            rb"(https?://[^\s\"'<>?\\]{1,2000}\?)"
            rb"(?=[^\s\"'<>]{0,4000}(?:X-Amz-|Signature=|AWSAccessKeyId=|[Tt]oken=))[^\s\"'<>]*"
        ),
        rb"\1" + REDACTED,
    ),
    (re.compile(rb"((?:X-Amz-(?:Signature|Credential|Security-Token)|Signature)=)[^&\s\"'<>\\]+"), rb"\1" + REDACTED),
    (re.compile(rb"\b(?:AKIA|ASIA|DO00|DO80)[0-9A-Z]{12,}\b"), REDACTED),
    (
        re.compile(
            rb"((?i:secret[_-]?(?:access[_-]?)?key|spaces[_-](?:key|secret)|access[_-]key(?:[_-]id)?|api[_-]?key)"
            rb"[\"']?\s{0,3}[:= ]\s{0,3}[\"']?)[A-Za-z0-9/+=_-]{16,}"
        ),
        rb"\1" + REDACTED,
    ),
    (re.compile(rb"(?i:AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+)"), REDACTED),
    (re.compile(rb"(?i:(bearer\s{1,3})[A-Za-z0-9._~+/=-]{8,})"), rb"\1" + REDACTED),
)
# Keys were renamed between versions; whatever is some command's is one.
_JSON_COMMAND = re.compile(rb"(\"[\w-]{0,40}(?i:command|cmd)[\w-]{0,40}\"\s*:\s*\")((?:[^\"\\]|\\.)*+)", re.DOTALL)
# A command on a screen may span lines and may hold rows and rules of its own. It ends before the known rows that the
# job's block ends with; and a block ends where the next job's begins, or the screen does.
_SCREEN_COMMAND = re.compile(
    rb"(^Command:[ \t]*)(.*?)"
    rb"(?=(?:^(?:With GPU|Number of Nodes|Start Time|Duration|Finish Time):[^\n]*(?:\n|\Z)|^[ \t\r]*\n)*"
    rb"(?:^[-=]{20,}[ \t\r]*\n\s*^Job ID:|(?:^[-=]{20,}\s*)?\Z))",
    re.MULTILINE | re.DOTALL,
)


def without_key(text: bytes, api_key: str | None) -> bytes:
    """Return the text without the API key."""
    return text.replace(api_key.encode(), REDACTED) if api_key else text


def redact(text: bytes) -> bytes:
    """Return the text without anything that opens a door."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def drop_foreign_commands(text: bytes, marker_prefix: str | None) -> bytes:
    """Return the text without the commands of jobs that are not ours: they may hold anyone's secrets."""

    def kept(match: re.Match[bytes]) -> bytes:
        head, command = match.groups()
        ours = marker_prefix is not None and marker_prefix.encode() in command
        return match.group() if ours else head + DROPPED + (b"\n" if command.endswith(b"\n") else b"")

    return _SCREEN_COMMAND.sub(kept, _JSON_COMMAND.sub(kept, text))


def quote(text: str, length_max: int = 200) -> str:
    """Return the text as one printable, redacted line that may be quoted in a reason."""
    # Cut twice: the first bounds the work, with room for a secret to be whole; the second bounds the quotation.
    head = redact(text[: length_max * 20].encode("utf-8", "replace")).decode("utf-8", "replace")
    line = " ".join("".join(character if character.isprintable() else " " for character in head).split())
    return line if len(line) <= length_max else line[: length_max - 1] + "…"
