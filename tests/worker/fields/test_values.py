"""Dates, amounts, look-alikes and what scores are worth."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.fields.amounts import amount_at_end
from worker.fields.calibration import Certainty, certainty, checked, likelihood, repaired
from worker.fields.dates import days
from worker.fields.lookalikes import by_pattern
from worker.fields.lookalikes import decided as decision


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-11-23", "2024-11-23"),
        ("on 23/11/2024 at", "2024-11-23"),
        ("11/23/2024", "2024-11-23"),
        ("07.07.1999", "1999-07-07"),
        ("14 March 1991", "1991-03-14"),
        ("14-Mar-1991", "1991-03-14"),
        ("14MAR1991", "1991-03-14"),
        ("March 14, 1991", "1991-03-14"),
        ("12th July 2024", "2024-07-12"),
        ("23/11/2O24", "2024-11-23"),
        ("l4/08/2003", "2003-08-14"),
    ],
)
def test_a_date_that_can_mean_one_day_only_is_that_day(text: str, iso: str) -> None:
    assert [iso] == [day.iso for day in days(text)]


@pytest.mark.parametrize("text", ["08/09/1991", "1-2-2003", "23/11/24", "01/02/03"])
def test_a_date_that_may_mean_two_days_stays_as_it_was_read(text: str) -> None:
    (day,) = days(text)

    assert (None, text) == (day.iso, day.value)


@pytest.mark.parametrize(
    "text", ["31/02/2020", "99/99/9999", "4471 2093", "12.50", "1/2", "192.168.1.1", "45/2024", "May"]
)
def test_what_is_no_day_of_the_calendar_is_no_date(text: str) -> None:
    assert [] == days(text)


def test_the_order_of_day_and_month_may_be_known() -> None:
    assert ["1991-09-08"] == [day.iso for day in days("08/09/1991", is_day_first=True)]


@pytest.mark.parametrize(
    ("text", "value", "before", "currency"),
    [
        ("TOTAL 40.77", "40.77", "TOTAL", None),
        ("₹ 1,23,456.00", "123456.00", "", "INR"),
        ("Rs.450.50", "450.50", "", "INR"),
        ("Total: Rs 450", "450.00", "Total", "INR"),
        ("$12.30", "12.30", "", None),
        ("Summe 1.50 €", "1.50", "Summe", "EUR"),
        ("12,34", "12.34", "", None),
        ("-5.00", "-5.00", "", None),
        ("Total 1 234.50", "1234.50", "Total", None),
    ],
)
def test_amounts_are_read_to_the_last_cent(text: str, value: str, before: str, currency: str | None) -> None:
    amount = amount_at_end(text)

    assert amount is not None
    assert (Decimal(value), before, currency, ()) == (amount.value, amount.before, amount.currency, amount.repairs)


@pytest.mark.parametrize(
    "text", ["Till 3", "16:42", "ABC", "Receipt 60417", "12.345", "1.2.2003", "Order SOB.SO", "5%", ""]
)
def test_what_is_no_amount_is_none(text: str) -> None:
    assert amount_at_end(text) is None


def test_an_amount_with_letters_tells_what_it_takes_them_for() -> None:
    amount = amount_at_end("l1.9O")

    assert amount is not None
    assert Decimal("11.90") == amount.value
    assert [(0, "l", "1"), (4, "O", "0")] == [(one.at, one.read, one.taken) for one in amount.repairs]


def decided(text: str, passes: Callable[[str], bool]) -> str | None:
    """The text that a rule decides for."""
    found = decision(text, passes)
    return found.text if found else None


@given(text=st.text(alphabet="0O1Il5S8B", max_size=6), kept=st.booleans())
def test_what_passes_is_never_changed_and_what_comes_out_passes(text: str, *, kept: bool) -> None:
    passing = {text} if kept else {"0000", "1111"}

    chosen = decided(text, passing.__contains__)

    assert chosen in (text, None) if kept else chosen is None or chosen in passing


def test_two_readings_that_pass_decide_nothing_but_fewer_changes_win() -> None:
    assert "10" == decided("1O", {"10", "77"}.__contains__)
    assert "10" == decided("1O", {"10", "I0"}.__contains__)
    assert decided("1O", {"10", "IO"}.__contains__) is None
    assert decided("O" * 30, lambda _: True) == "O" * 30
    assert decided("O" * 30, lambda one: one == "0" * 30) is None


def test_a_pattern_says_which_kind_stands_where() -> None:
    assert "ABCPO1234I" == by_pattern("A8CP0I2341", "AAAAA9999A")


@pytest.mark.parametrize(
    ("score", "word", "share"),
    [
        (1.0, Certainty.CERTAIN, 0.994),
        (0.97, Certainty.LIKELY, 0.90),
        (0.92, Certainty.DOUBTFUL, 0.60),
        (0.75, Certainty.UNRELIABLE, 0.21),
        (0.2, Certainty.UNRELIABLE, 0.10),
    ],
)
def test_a_score_is_worth_what_was_measured(score: float, word: str, share: float) -> None:
    assert (word, share) == (certainty(score), likelihood(score))


@given(prior=st.floats(0, 1), chance=st.floats(0.001, 1))
def test_a_passed_check_never_makes_a_value_less_likely(prior: float, chance: float) -> None:
    assert prior - 1e-9 <= checked(prior, chance) <= 1


def test_a_repair_that_had_many_tries_is_worth_less() -> None:
    assert repaired(0.1, 2) > repaired(0.1, 16) > 0.5
