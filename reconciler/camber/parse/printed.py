"""One call's output, decoded and cleared of what the CLI adds to every command."""

import re
from dataclasses import dataclass
from functools import cached_property

# Printed on STDOUT before the command's own output from the day a newer version is out; it holds version numbers and,
# between its lines, may change. It begins with a siren or with its first words, and ends with its last sentence.
_BANNER = re.compile(
    r"\A\s*+[^\w\n]*+Your version [^\n]* is out of date[^\n]*\n(?:[^\n]*\n){0,10}?"
    r"[^\n]*(?:\N{WARNING SIGN}|latest features and security fixes)[^\n]*(?:\n|\Z)"
)
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_LINE_ENDS = re.compile(r"\r+\n?")


@dataclass(frozen=True, kw_only=True)
class Printed:
    """What an exited CLI left: its exit code and its streams, decoded as UTF-8 with replacement."""

    exit_code: int
    stdout: str
    stderr: str = ""
    cut: bool = False

    @cached_property
    def out(self) -> str:
        """STDOUT in plain lines, without the banner."""
        return without_banner(_plain(self.stdout))

    @cached_property
    def everything(self) -> str:
        """Both streams in plain lines: errors stand on either, usage on STDERR."""
        return f"{self.out}\n{_plain(self.stderr)}"

    @property
    def succeeded(self) -> bool:
        """Whether the CLI says that it succeeded and all that it said is here."""
        return self.exit_code == 0 and not self.cut


def without_banner(text: str) -> str:
    """Return the text without the update banner at its head."""
    banner = _BANNER.match(text)
    return text[banner.end() :] if banner else text


def _plain(text: str) -> str:
    # Most output holds neither, and a list may have megabytes.
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    return _LINE_ENDS.sub("\n", text) if "\r" in text else text
