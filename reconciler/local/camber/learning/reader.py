"""All of a folder, read, and put in force."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reconciler.local.camber import config as configuration
from reconciler.local.camber.home import Home
from reconciler.local.camber.learning import words
from reconciler.local.camber.learning.jobs import Page, Row, json_of, of_page, of_pages, of_rows, sized
from reconciler.local.camber.learning.preamble import is_json, of_banners, without_preamble
from reconciler.local.camber.learning.remarks import Findings, Lesson, Remark, Unclear, Value, judge
from reconciler.local.camber.learning.saved import CAPTURED, Saved, read_folder

_IN_WORDS: Mapping[str, Callable[[Saved], Iterator[Remark]]] = {
    "version": words.of_version,
    "me": words.of_account,
    "job create": words.of_create,
    "job get": words.of_job_screen,
    "job list": words.of_job_screen,
    "job logs": words.of_logs,
    "stash ls": words.of_table,
}
_OF_BANNERS = ("banner", "banner_before_json", "latest_version", "version")


class _Heard(NamedTuple):
    """What one answer told."""

    remarks: list[Remark]
    rows: Sequence[Row] = ()
    pages: Sequence[Page] = ()


def learn(home: Home, environ: Mapping[str, str], folder: Path) -> Findings:
    """Set every knob that the folder settles, in one write; raises before anything is changed."""
    captured, guesses = read_folder(folder)
    config = configuration.load(home, environ)
    remarks = _remarks(captured)
    findings = judge(remarks, config)
    configuration.from_mapping({**config._asdict(), **findings.learnt})
    if findings.learnt:
        configuration.update(home, environ, {knob: _given(value) for knob, value in findings.learnt.items()})
    return findings._replace(lines=[*findings.lines, *_left_out(captured, guesses, remarks)])


def _left_out(captured: Sequence[Saved], guesses: Sequence[str], remarks: Sequence[Remark]) -> Iterator[str]:
    """Say of what nothing followed."""
    spoken = {remark.source for remark in remarks if isinstance(remark, Unclear) or remark.knob not in _OF_BANNERS}
    for saved in captured:
        if saved.name not in spoken:
            yield f"nothing  {saved.name}: no knob hangs on what `{saved.kind}` says there"
    if guesses:
        yield f"skipped  {len(guesses)} without the mark {CAPTURED}, as nobody captured them: {', '.join(guesses)}"


def _remarks(captured: Sequence[Saved]) -> list[Remark]:
    parts = [without_preamble(saved) for saved in captured]
    said = [remark for _, remarks in parts for remark in remarks]
    outdated = {remark.source for remark in said if isinstance(remark, Lesson) and remark.knob == "latest_version"}
    banners = of_banners([(saved, saved.name in outdated) for saved in captured])
    heard = [_heard(answer) for answer, _ in parts]
    rows = [row for part in heard for row in part.rows]
    pages = [page for part in heard for page in part.pages]
    return [*banners, *said, *(one for part in heard for one in part.remarks), *of_rows(rows), *of_pages(pages)]


def _heard(saved: Saved) -> _Heard:
    if saved.exit_code != 0 and (saved.kind != "stash test" or saved.stdout or saved.stderr):
        return _Heard(list(words.of_failure(saved)))
    if is_json(saved):
        return _of_json(saved)
    return _Heard(list(_IN_WORDS[saved.kind](saved)) if saved.kind in _IN_WORDS else [])


def _of_json(saved: Saved) -> _Heard:
    value, remarks = json_of(saved)
    if value is None:
        return _Heard(remarks)
    if saved.kind == "job list":
        rows, more = of_page(saved, value)
        return _Heard([*remarks, *more], rows, list(sized(saved, value)))
    if saved.kind == "job get" and isinstance(value, dict):
        return _Heard(remarks, [Row(saved.name, False, value)])
    if saved.kind == "stash ls":
        remarks.append(Lesson(saved.name, "stash_json", "list" if isinstance(value, list) else "wrapped"))
    if saved.kind == "job create":
        remarks.append(Lesson(saved.name, "create_output", True))
    if saved.kind == "me" and isinstance(value, dict):
        remarks += _of_account(saved, value)
    return _Heard(remarks)


def _of_account(saved: Saved, account: Mapping[str, object]) -> Iterator[Remark]:
    known = {"user_id", "username", "email", "teams"}
    if odd := sorted(known.symmetric_difference(account)):
        yield Unclear(saved.name, f"no knob plays an account that differs in {', '.join(odd)}")


def _given(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
