"""The order of a page, and what of it is passed on as text."""

import pytest

from tests.worker.fields.lines import line
from worker.processors.legibility import legible
from worker.processors.ocr import Line
from worker.processors.reading_order import arranged

LEFT = [f"left column line number {number}" for number in range(6)]
RIGHT = [f"right column line number {number}" for number in range(6)]


def _columns(*columns: list[str], top: float = 0, width: float = 400) -> list[Line]:
    """Columns side by side; the right ones stand a little lower, as on a real scan."""
    return [
        line(text, index * (width + 60), top + 50 * number + 7 * index, width=width)
        for index, column in enumerate(columns)
        for number, text in enumerate(column)
    ]


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    assert [*LEFT, *RIGHT] == arranged(_columns(LEFT, RIGHT)).text.split("\n")


def test_a_heading_over_columns_and_a_line_under_them_stay_where_they_are() -> None:
    heading, footing = line("A heading over all of it", 0, 0, width=860), line("A footing", 200, 600, width=500)

    read = arranged([footing, *_columns(LEFT, RIGHT, top=100), heading])

    assert ["A heading over all of it", *LEFT, *RIGHT, "A footing"] == read.text.split("\n")


def test_three_columns_and_columns_under_columns() -> None:
    middle = [f"middle column line number {number}" for number in range(6)]
    upper = _columns(LEFT, middle, RIGHT)
    between = line("between the parts of the page", 0, 350, width=1300)

    read = arranged([*upper, between, *_columns(RIGHT, LEFT, middle, top=430)])

    assert [*LEFT, *middle, *RIGHT, between.text, *RIGHT, *LEFT, *middle] == read.text.split("\n")


@pytest.mark.parametrize(
    "rows",
    [
        [("Sourdough loaf with seeds", "4.25"), ("Oat milk barista large", "5.78"), ("Ground coffee", "11.95")] * 2,
        [("Name", "Imara Velstrand"), ("Date of birth", "14 March 1991"), ("School", "Elderbrook High School")] * 2,
        [("English Literature and Language", "First division")] * 3,
    ],
    ids=["a receipt", "a form", "few rows"],
)
def test_what_belongs_side_by_side_is_read_in_rows(rows: list[tuple[str, str]]) -> None:
    lines = [line(text, 500 * at, 50 * number) for number, row in enumerate(rows) for at, text in enumerate(row)]

    assert [" ".join(row) for row in rows] == arranged(lines).text.split("\n")


def test_a_page_of_very_many_lines_is_read_in_rows() -> None:
    many = [f"column line number {number}" for number in range(400)]

    assert 400 == len(arranged(_columns(many, many)).rows)
    assert () == arranged([]).rows


def _page(*scored: tuple[str, float]) -> list[Line]:
    return [line(text, 0, 50 * number, score=score) for number, (text, score) in enumerate(scored)]


READ = [("Government of India", 0.98), ("Date of birth 14/08/2003", 0.99)]


@pytest.mark.parametrize(
    ("guessed", "score"), [("HRARCR", 0.87), ("3rftof", 0.81), ("y", 0.82), ("Mumi", 0.57), ("lebelleel", 0.84)]
)
def test_lines_in_a_script_that_is_not_read_are_left_out(guessed: str, score: float) -> None:
    """What PP-OCRv6 made of Hindi and Tamil words and of a signature, with its scores."""
    found = legible(arranged(_page(*READ, (guessed, score))))

    assert ("\n".join(text for text, _ in READ), 1) == (found.reading.text, found.left_out)


def test_low_lines_of_a_page_that_is_bad_as_a_whole_stay() -> None:
    found = legible(arranged(_page(("Govemment of lndia", 0.78), ("Date ofbirth", 0.85), ("xx", 0.4))))

    assert ("Govemment of lndia\nDate ofbirth", 1) == (found.reading.text, found.left_out)


def test_a_page_in_a_script_that_is_not_read_has_no_text() -> None:
    found = legible(arranged(_page(("HRARCR", 0.87), ("ER", 0.5), ("3rftof", 0.55), ("T", 0.3))))

    assert ((), 4) == (found.reading.rows, found.left_out)


def test_signs_of_another_script_need_a_good_score_among_latin_lines_only() -> None:
    latin = _page(("Govemment of lndia", 0.78), ("Date ofbirth", 0.85), ("3可", 0.86))
    chinese = _page(("姓名 出生", 0.86), ("住址 公民", 0.80))

    assert "Govemment of lndia\nDate ofbirth" == legible(arranged(latin)).reading.text
    assert 0 == legible(arranged(chinese)).left_out
