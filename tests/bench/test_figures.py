"""What a race comes to, and how it is told."""

from pathlib import Path
from typing import Any

import pytest

from bench.documents.corpus import PROBE, Specimen
from bench.documents.figures import figures
from bench.documents.pages import BEGIN, END, PAGE, README, placed
from bench.documents.race import Raced, Seen
from bench.documents.systems import OURS, RAPIDOCR
from bench.documents.tables import markdown, summary
from bench.documents.truth import Line, Truth

CORNERS = ((0.0, 0.0), (9.0, 0.0), (9.0, 4.0), (0.0, 4.0))


def _specimen(document: str, degradation: str, turns: int = 0) -> Specimen:
    text = () if degradation == PROBE else ("ASHA VERMA", "471")
    lines = tuple(Line(text=one, polygon=CORNERS, row=row) for row, one in enumerate(text))
    fields = {"name": "ASHA VERMA", "number": "471"} if text else {}
    truth = Truth(kind="card", lines=lines, fields=fields, quarter_turns=turns)
    return Specimen(document=document, degradation=degradation, path=Path(f"{document}.png"), truth=truth)


def _seen(specimen: Specimen, texts: list[str], turned: int | None, **more: Any) -> Seen:
    answer = {"texts": texts, "text": "\n".join(texts), "quarter_turns": turned, "seconds": 1.0, "cpu_seconds": 2.0}
    return Seen(specimen=specimen, answer=answer | {"score": 0.9, "fields": None, "stages": {"ocr": 1.0}} | more)


def _raced(*ours: Seen, theirs: list[Seen]) -> Raced:
    return Raced(
        seen={OURS: ours, RAPIDOCR: theirs},
        versions={OURS: "worker", RAPIDOCR: "RapidOCR 0"},
        peaks={OURS: 5_000_000, RAPIDOCR: 7_000_000},
        declined={"Tesseract": "it is not there"},
    )


@pytest.fixture
def told() -> dict[str, Any]:
    """Two documents clean, blurred and turned, and a probe: ours errs on one blurred page and turns the probe."""
    read, wrong = ["ASHA VERMA", "471"], ["ASHA VERMA", "47I"]
    ours, theirs = [], []
    for name in ("card-0", "card-1"):
        ours.append(_seen(_specimen(name, "clean"), read, 0, score=0.9))
        ours.append(_seen(_specimen(name, "strong blur"), wrong if name == "card-0" else read, 0, score=0.2))
        ours.append(_seen(_specimen(name, "half turn", 2), read, 2))
        theirs += [_seen(one.specimen, read, None, cpu_seconds=4.0) for one in ours[-3:-1]]
        theirs.append(_seen(_specimen(name, "half turn", 2), ["junk"], None, cpu_seconds=4.0))
    probe = _specimen("blank", PROBE)
    return figures(_raced(*ours, _seen(probe, [], 1, score=0.0), theirs=[*theirs, _seen(probe, [], None)]))


def test_errors_are_told_by_degradation_and_by_group(told: dict[str, Any]) -> None:
    assert list(told["conditions"]) == ["clean", "strong blur", "half turn"]
    assert told["conditions"]["strong blur"][OURS]["cer"]["value"] == pytest.approx(1 / 24)
    assert told["conditions"]["strong blur"][OURS]["values_read"]["value"] == pytest.approx(3 / 4)
    assert told["groups"]["clean"][OURS]["cer"]["value"] == 0
    assert told["groups"]["turned"][RAPIDOCR]["cer"]["value"] == pytest.approx((12 + 4) / 12)


def test_turns_are_right_or_phantoms(told: dict[str, Any]) -> None:
    ours = told["systems"][OURS]

    assert (2, 2, 5, 1) == (ours["turns"], ours["turns_right"], ours["upright"], ours["phantom_turns"])
    assert told["systems"][RAPIDOCR]["turns"] == 0


def test_targets_hold_or_do_not(told: dict[str, Any]) -> None:
    holds = {one["target"]: one["holds"] for one in told["targets"]}

    assert holds == {
        "clean: not worse than RapidOCR": True,
        "degraded: fewer errors than RapidOCR": False,
        "turned: fewer errors than RapidOCR": True,
        "turned pages turned back": True,
        "no phantom turn": False,
        "reading takes at most 1.2 x RapidOCR": True,
    }


def test_the_score_ranks_clean_above_blurred(told: dict[str, Any]) -> None:
    assert told["rank"]["clean above strong blur"] == told["rank"]["clean above poor"] == 1.0


def test_the_tables_tell_every_system_and_who_was_left_out(told: dict[str, Any]) -> None:
    page = markdown(told)

    assert "| strong blur | 4.17 (" in page
    assert "| no phantom turn | NO | 2 of 2 turned back, 1 of 5 turned for nothing |" in page
    assert "Not measured: Tesseract, because it is not there." in page
    assert "| worker | 0.00 (0.00-0.00) |" in summary(told)


def test_figures_go_between_the_markers_and_nowhere_else() -> None:
    assert placed(f"a\n{BEGIN}\nold\n{END}\nb\n", "new") == f"a\n{BEGIN}\nnew\n{END}\nb\n"
    with pytest.raises(ValueError, match="has no"):
        placed("a page without", "new")


@pytest.mark.parametrize("page", [PAGE, README], ids=lambda page: page.name)
def test_the_pages_have_their_markers(page: Path) -> None:
    assert placed(page.read_text("utf-8"), "figures")
