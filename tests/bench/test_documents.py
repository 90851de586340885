"""The documents that are measured: the same every time, and true."""

import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest

from bench.documents.corpus import pages
from bench.documents.degradations import Pixels
from bench.documents.kinds import KINDS
from bench.documents.kinds.passport import machine_readable
from bench.documents.numbers import mrz_check, verhoeff_holds, with_verhoeff
from bench.documents.people import somebody
from bench.documents.plan import DEGRADATIONS, HELD_OUT, POOR, QUICK, SETS, TUNING
from bench.documents.truth import Truth, read, write


@pytest.fixture(scope="module")
def drawn() -> dict[str, tuple[Pixels, Truth]]:
    """One clean page of each kind."""
    return {name: (page, truth) for name, page, truth in pages(TUNING, 1)}


def test_the_same_seed_draws_the_same_pages_and_another_seed_draws_others(
    drawn: dict[str, tuple[Pixels, Truth]],
) -> None:
    again = {name: (page, truth) for name, page, truth in pages(TUNING, 1)}
    other = {name: truth for name, _, truth in pages(HELD_OUT, 1)}

    for name, (page, truth) in drawn.items():
        assert np.array_equal(page, again[name][0])
        assert truth == again[name][1]
        assert truth.fields != other[name].fields


def test_the_sets_share_neither_seed_nor_font() -> None:
    fonts = [{name for suite in one.suites for name in (suite.text, suite.mono)} for one in SETS.values()]

    assert fonts[0].isdisjoint(fonts[1])
    assert TUNING.seed != HELD_OUT.seed


def test_what_the_plan_names_is_in_the_plan() -> None:
    names = [one.name for one in DEGRADATIONS]

    assert len(names) == len(set(names))
    assert {*QUICK, *POOR} <= set(names)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_line_lies_on_the_page_and_on_ink(kind: str, drawn: dict[str, tuple[Pixels, Truth]]) -> None:
    page, truth = drawn[f"{kind}-0"]
    height, width = page.shape[:2]

    assert truth.lines
    for line in truth.lines:
        (left, top), _, (right, bottom), _ = line.polygon
        assert 0 <= left < right <= width, line
        assert 0 <= top < bottom <= height, line
        inside = page[int(top) : int(bottom) + 1, int(left) : int(right) + 1].astype(int)
        assert np.ptp(inside.min(axis=2)) > 40, line


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_two_lines_of_a_page_lie_on_each_other(kind: str, drawn: dict[str, tuple[Pixels, Truth]]) -> None:
    _, truth = drawn[f"{kind}-0"]
    boxes = [(line.polygon[0], line.polygon[2]) for line in truth.lines]

    for number, ((left, top), (right, bottom)) in enumerate(boxes):
        for (other_left, other_top), (other_right, other_bottom) in boxes[number + 1 :]:
            is_beside = right <= other_left or other_right <= left
            assert is_beside or bottom <= other_top or other_bottom <= top


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_stands_in_the_text(kind: str, drawn: dict[str, tuple[Pixels, Truth]]) -> None:
    _, truth = drawn[f"{kind}-0"]
    text = "".join(truth.text.split())

    assert truth.fields
    for name, value in truth.fields.items():
        assert "".join(value.split()) in text, name


def test_the_text_is_in_rows_from_the_top_and_leaves_out_what_nobody_reads(
    drawn: dict[str, tuple[Pixels, Truth]],
) -> None:
    _, truth = drawn["aadhaar_card-0"]

    assert any(line.script == "devanagari" for line in truth.lines)
    assert truth.text.isascii()
    assert "Government of Larkmoor" in truth.text
    assert all(one.row <= other.row for one, other in pairwise(truth.lines))


@pytest.mark.parametrize("seed", range(40))
def test_everybodys_numbers_hold_under_their_rules(seed: int) -> None:
    person = somebody(Random(seed))

    assert re.fullmatch(r"[A-Z]{3}P[A-Z]\d{4}[A-Z]", person.pan)
    assert person.pan[4] == person.last_name[0]
    assert re.fullmatch(r"9999\d{8}", person.aadhaar)
    assert verhoeff_holds(person.aadhaar)
    assert re.fullmatch(r"[A-Z]\d{7}", person.passport)


def test_verhoeff_finds_every_wrong_digit_and_every_swap_of_neighbours() -> None:
    assert with_verhoeff("236") == "2363"
    whole = with_verhoeff("99994105705")
    for place, digit in enumerate(whole):
        for wrong in set("0123456789") - {digit}:
            assert not verhoeff_holds(whole[:place] + wrong + whole[place + 1 :])
    for place, (left, right) in enumerate(pairwise(whole)):
        if left != right:
            assert not verhoeff_holds(whole[:place] + right + left + whole[place + 2 :])


def test_the_machine_readable_zone_is_the_standards() -> None:
    """The figures are those of the standard's own specimen, ICAO 9303 part 4."""
    assert [mrz_check(field) for field in ("L898902C3", "740812", "120415", "ZE184226B<<<<<")] == ["6", "2", "9", "1"]
    upper, lower = machine_readable(somebody(Random(3)), date(2031, 5, 4))

    assert len(upper) == len(lower) == 44
    assert upper.startswith("P<UTO")
    assert lower[21:27] == "310504"
    for field, check in ((lower[:9], 9), (lower[13:19], 19), (lower[21:27], 27), (lower[28:42], 42)):
        assert mrz_check(field) == lower[check]
    assert mrz_check(lower[:10] + lower[13:20] + lower[21:43]) == lower[43]


@pytest.mark.parametrize("seed", range(5))
def test_a_receipt_adds_up(seed: int) -> None:
    random = Random(seed)
    _, truth = KINDS["receipt"](somebody(random), TUNING.suites[0], random)
    rows = re.findall(r"^(.+) (\d+\.\d\d)$", truth.text, re.MULTILINE)
    amounts = {label: round(float(amount) * 100) for label, amount in rows}
    net = sum(amount for label, amount in amounts.items() if " x " in label)

    assert amounts["Subtotal"] == net
    assert amounts["TOTAL Rs"] == net + amounts["GST 5%"] == round(float(truth.fields["total"]) * 100)


@pytest.mark.parametrize("seed", range(5))
def test_a_mark_sheet_adds_up(seed: int) -> None:
    random = Random(seed)
    _, truth = KINDS["mark_sheet"](somebody(random), TUNING.suites[0], random)
    marks = [int(mark) for mark in re.findall(r" 100 (\d{3}) [ABC][12]\b", truth.text)]

    assert len(marks) == 8
    assert str(sum(marks)) == truth.fields["total_marks"]


def test_a_truth_is_read_as_it_was_written(tmp_path: Path, drawn: dict[str, tuple[Pixels, Truth]]) -> None:
    path = tmp_path / "truth.json"
    for _, truth in drawn.values():
        write(truth, path)

        assert truth == read(path)
