"""The marks that systems are given."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.documents.marks import bootstrapped, character_errors, is_read, rank, text_errors

WORDS = st.lists(st.text("abcdefg 123", min_size=1, max_size=12), max_size=6)


@pytest.mark.parametrize(
    ("expected", "found", "errors"),
    [
        (["Name", "ASHA"], ["ASHA", "Name"], 0),
        (["Name", "ASHA"], ["Name ASHA"], 0),
        (["Name ASHA"], ["Name", "ASHA"], 0),
        (["Name"], ["N a m e"], 0),
        (["Name", "ASHA"], ["Name", "ASHB"], 1),
        (["Name", "ASHA"], ["Name BSHA"], 1),
        (["Name", "ASHA"], ["ASH Name"], 1),
        (["Name", "ASHA"], ["Name"], 4),
        (["Name"], ["Name", "xyz"], 3),
        ([], ["noise"], 5),
        (["Name"], [], 4),
        ([], [], 0),
    ],
)
def test_errors_are_counted_whatever_the_order(expected: list[str], found: list[str], errors: int) -> None:
    assert errors == character_errors(expected, found)


def test_what_was_found_once_counts_once() -> None:
    assert character_errors(["100", "100", "100"], ["100", "100"]) == 3


def test_a_line_is_not_pieced_together_across_what_another_line_took() -> None:
    """Where it would cost nothing, `abcd` could be had from `ab` and `cd` around a line that stood between them."""
    assert character_errors(["middleofit", "abcd"], ["ab", "middleofit", "cd"]) == 2 + 2


def test_the_order_counts_for_the_text() -> None:
    assert text_errors("Name\nASHA", "Name ASHA") == 0
    assert text_errors("Name\nASHA", "ASHA\nName") > 0
    assert text_errors("", "abc") == text_errors("abc", "") == 3


@given(WORDS)
def test_what_is_found_as_it_stands_has_no_error(words: list[str]) -> None:
    assert character_errors(words, words) == 0


@given(WORDS, WORDS)
def test_errors_are_never_more_than_all_there_is(expected: list[str], found: list[str]) -> None:
    size = sum(len("".join(text.split())) for text in (*expected, *found))

    assert 0 <= character_errors(expected, found) <= size


def test_a_value_is_read_letter_by_letter() -> None:
    assert is_read("9999 3314 6995", "No. 999933146995")
    assert not is_read("9999 3314 6995", "No. 9999 3314 699S")


@pytest.mark.parametrize(
    ("good", "poor", "expected"),
    [([0.9, 0.8], [0.1, 0.2], 1.0), ([0.1], [0.9], 0.0), ([0.5], [0.5], 0.5), ([0.9, 0.3], [0.5], 0.5)],
)
def test_rank_is_how_often_the_good_is_above(good: list[float], poor: list[float], expected: float) -> None:
    assert expected == rank(good, poor)


def test_rank_of_nothing_is_no_number() -> None:
    assert math.isnan(rank([], [0.5]))


def test_the_mean_is_the_sum_of_the_parts_over_the_sum_of_the_wholes() -> None:
    mean = bootstrapped([1, 0, 3], [10, 10, 20], 500, 1, 0.95)

    assert mean.value == pytest.approx(4 / 40)
    assert mean.interval[0] <= mean.value <= mean.interval[1]
    assert bootstrapped([1, 1], [10, 10], 500, 1, 0.95).interval == pytest.approx((0.1, 0.1))


def test_the_interval_narrows_with_what_is_certain() -> None:
    parts, wholes = [0.0, 1.0, 5.0, 2.0, 0.0, 9.0], [20.0] * 6
    wide, narrow = (bootstrapped(parts, wholes, 1000, 1, certainty).interval for certainty in (0.99, 0.5))

    assert wide[0] <= narrow[0] < narrow[1] <= wide[1]
    assert wide[1] - wide[0] > narrow[1] - narrow[0]
