"""What stands before the answer itself: the banner, a question, and what nobody knows."""

import re
from collections.abc import Iterator, Sequence

from reconciler.local.camber.learning.remarks import Lesson, Remark, Unclear
from reconciler.local.camber.learning.saved import Saved
from reconciler.local.camber.screens import banner

_VERSION = r"([^ \n]{1,40})"
_BANNER = re.compile(re.escape(banner("{}", "{}").decode()).replace(r"\{\}", _VERSION))
_ALIKE = re.compile(
    r"\A[^\w\n]*(?:\n[^\w\n]*)?Your version [^\n]*out of date[^\n]*\n(?:[^\n]*\n){0,10}?[^\n]*fixes\.?\n"
)
_QUESTION = re.compile(r"\A[^\n]{0,200}\[?\(?y/n\)?\]?[:?]? ?", re.IGNORECASE)
_HEADER = re.compile(r"^={10,}|^Job ID:", re.MULTILINE)
_MAY_BE_JSON = frozenset({"me", "job create", "job get", "job list", "stash ls"})
_JSON_BEGINS = re.compile(r"^[\[{]", re.MULTILINE)


def without_preamble(saved: Saved) -> tuple[Saved, list[Remark]]:
    """Return the call with the answer alone on its standard output, and what is to be said of the rest."""
    remarks: list[Remark] = []
    text = saved.stdout
    if match := _BANNER.match(text):
        text = text[match.end() :]
        remarks += [Lesson(saved.name, knob, match[at]) for at, knob in enumerate(("version", "latest_version"), 1)]
    elif match := _ALIKE.match(text):
        text = text[match.end() :]
        remarks.append(Unclear(saved.name, "its banner is not the one that the emulator prints"))
    if saved.kind not in ("job logs", "version") and (question := _QUESTION.match(text)):
        text = text[question.end() :]
        remarks.append(Unclear(saved.name, f"it asks {question[0]!r} first: play that with the fault `prompt`"))
    return saved._replace(stdout=text), remarks


def is_json(saved: Saved) -> bool:
    """Whether JSON was asked for; by the answer itself where the command was kept without its flags."""
    if saved.option("output") == "json":
        return True
    match = _JSON_BEGINS.search(saved.stdout)
    # A command on a screen may hold a line that looks like JSON.
    return saved.kind in _MAY_BE_JSON and match is not None and not _HEADER.search(saved.stdout, 0, match.start())


def above_json(saved: Saved) -> tuple[str, str]:
    """The JSON, and the text that stands above it."""
    match = _JSON_BEGINS.search(saved.stdout)
    at = match.start() if match else 0
    return saved.stdout[at:], saved.stdout[:at].strip()


def of_banners(calls: Sequence[tuple[Saved, bool]]) -> Iterator[Remark]:
    """Whether the tool is out of date, from all calls together: each with whether a banner stood above it."""
    with_banner = [saved for saved, has_banner in calls if has_banner]
    json_calls = [(saved, has_banner) for saved, has_banner in calls if is_json(saved)]
    yield Lesson((with_banner or [saved for saved, _ in calls])[0].name, "banner", bool(with_banner))
    if with_banner:
        yield from (Lesson(saved.name, "banner_before_json", has_banner) for saved, has_banner in json_calls)
