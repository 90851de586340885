"""No Aadhaar number leaves in the clear, whatever page it stands on and however it is printed."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import verhoeff
from stdnum.in_ import aadhaar

from tests.worker.fields.lines import line, reading
from worker.fields.concealing import conceal, masked
from worker.fields.extraction import extract
from worker.fields.field import extraction_json
from worker.processors.reading_order import arranged

NUMBER = "234123412346"
_PRINTED = re.compile(r"(?<!\d)\d{4}[\s.\-:]{0,3}\d{4}[\s.\-:]{0,3}\d{4}(?!\d)")

numbers = (
    st.from_regex(r"[2-9][0-9]{10}", fullmatch=True)
    .map(lambda start: start + verhoeff.calc_check_digit(start))
    .filter(aadhaar.is_valid)
)
gaps = st.sampled_from(["", " ", "  ", "-", ".", " - ", "\u00a0"])
around = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Nd"]), max_size=20)
any_text = st.text(alphabet=st.sampled_from("0123456789 -.\nABOl:/XS"), max_size=60)


def survivors(text: str) -> list[str]:
    """The numbers of a text, as they are printed, that pass the check: found with other means than they are masked."""
    printed = [re.sub(r"\D", "", match[0]) for match in _PRINTED.finditer(text)]
    return [number for number in printed if aadhaar.is_valid(number)]


@given(number=numbers, first=gaps, second=gaps, before=around, after=around)
def test_a_number_in_any_surroundings_keeps_its_last_four_digits_only(
    number: str, first: str, second: str, before: str, after: str
) -> None:
    text = f"{before}{number[:4]}{first}{number[4:8]}{second}{number[8:]}{after}"

    shown = masked(text)

    assert len(text) == len(shown)
    assert f"{before}XXXX{first}XXXX{second}{number[8:]}{after}" == shown


@given(text=any_text)
def test_no_number_that_passes_the_check_is_left_in_any_text(text: str) -> None:
    assert [] == survivors(masked(text))


@given(number=numbers, at=st.integers(4, 11), splits=st.lists(st.integers(1, 11), max_size=3, unique=True))
def test_on_a_page_that_speaks_of_aadhaar_no_grouping_and_no_wrong_digit_hides_it(
    number: str, at: int, splits: list[int]
) -> None:
    wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
    grouped = "".join(f" {digit}" if place in splits else digit for place, digit in enumerate(wrong))

    shown = masked(f"Your Aadhaar No.\n{grouped}")

    assert number[:4] not in shown.replace(" ", "")
    assert shown.endswith(wrong[-1])


@given(number=numbers, rows=st.lists(any_text.filter(str.strip), max_size=4), split=st.booleans())
def test_nothing_that_comes_out_holds_the_number(number: str, rows: list[str], *, split: bool) -> None:
    row: list[str] = [number[:4], number[4:8], number[8:]] if split else [f"No: {number}"]
    concealed = conceal(reading([*(text.replace("\n", " ") for text in rows), row, "Name: Imara"]))

    out = json.dumps(extraction_json(extract(concealed)), ensure_ascii=False)

    spoken = concealed.reading.text + out
    assert number not in spoken
    assert f"{number[:4]} {number[4:8]} {number[8:]}" not in spoken
    assert number not in re.sub(r"\W", "", spoken) or number in re.sub(r"\W", "", "".join(rows))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2341 2341 2346", "XXXX XXXX 2346"),
        ("UID:234123412346.", "UID:XXXXXXXX2346."),
        ("No2341-2341-2346", "NoXXXX-XXXX-2346"),
        ("234l 234I 2346", "XXXX XXXX 2346"),
        ("２３４１ ２３４１ ２３４６", "XXXX XXXX ２３４６"),
        ("2341 2341 2347", "XXXX XXXX 2347"),
        ("Ref 2341 2341 2347", "Ref 2341 2341 2347"),
        ("2021 2022 2023", "2021 2022 2023"),
        ("LKM 4827 1936", "LKM 4827 1936"),
        ("Application 123412341234", "Application 123412341234"),
        ("9876543210", "9876543210"),
        ("VID : 9123 4567 8912 3456", "VID : XXXX XXXX XXXX 3456"),
    ],
)
def test_what_is_masked_and_what_is_not(text: str, shown: str) -> None:
    assert shown == masked(text)


def test_lines_keep_their_places_and_rows_and_scores() -> None:
    before = arranged([line("Total", 0, 0), line("234123412346", 400, 0, score=0.7), line("2341 2341", 0, 90)])

    concealed = conceal(before)

    assert [one.polygon for one in before.lines] == [one.polygon for one in concealed.reading.lines]
    assert [0.99, 0.7, 0.99] == [one.score for one in concealed.reading.lines]
    assert "Total XXXXXXXX2346\n2341 2341" == concealed.reading.text


def test_a_number_over_several_cells_of_a_row_is_one() -> None:
    concealed = conceal(arranged([line("2341", 0, 0), line("2341", 100, 0), line("2346", 200, 0)]))

    assert "XXXX XXXX 2346" == concealed.reading.text
    assert [((0, 1, 2), True)] == [(number.lines, number.passed) for number in concealed.numbers]


def test_what_is_told_of_a_repair_shows_no_hidden_digit() -> None:
    (number,) = conceal(reading(["234l 2341 234b"])).numbers

    assert ("XXXX XXXX 2346", True) == (number.masked, number.passed)
    assert [(3, "X", "X"), (11, "b", "6")] == [(one.at, one.read, one.taken) for one in number.repairs]
