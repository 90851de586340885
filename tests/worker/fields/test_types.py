"""Each type of document with the errors that engines make on it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.fields.drawings import PASSPORT_LINES, passport_second_line
from tests.worker.fields.lines import extracted, one, values
from worker.fields.field import Extraction

RECEIPT = [
    "Copperleaf Grocery",
    "7 Juniper Lane, Larkmoor",
    ["Receipt 60417", "Till 3"],
    ["18 May 2024", "16:42"],
    ["1 Sourdough loaf", "4.25"],
    ["2 Oat milk barista", "5.78"],
    ["1 Ground coffee", "11.95"],
    ["Subtotal", "21.98"],
    ["Tax 5%", "1.10"],
    ["TOTAL", "23.08"],
    ["Card ending 0000", "23.08"],
]


Rows = Sequence[str | Sequence[str]]


def _but(rows: Rows, changes: dict[str, str]) -> Rows:
    """The rows with some texts read otherwise; a text read as nothing is not there."""
    texts = [[row] if isinstance(row, str) else row for row in rows]
    changed = [[changes.get(text, text) for text in row] for row in texts]
    return [row for row in changed if any(row)]


def test_a_receipt_that_adds_up() -> None:
    seen = extracted(RECEIPT)

    assert "receipt" == seen.document_type
    assert {
        "merchant": "Copperleaf Grocery",
        "receipt_number": "60417",
        "date": "2024-05-18",
        "items": (
            {"name": "Sourdough loaf", "quantity": "1", "amount": "4.25"},
            {"name": "Oat milk barista", "quantity": "2", "amount": "5.78"},
            {"name": "Ground coffee", "quantity": "1", "amount": "11.95"},
        ),
        "subtotal": "21.98",
        "tax": "1.10",
        "total": "23.08",
    } == values(seen)
    assert all(field.is_sure for field in seen.fields)
    assert () == seen.warnings


@pytest.mark.parametrize(
    ("changes", "total", "is_sure"),
    [
        ({"TOTAL": "T0TAL"}, "23.08", True),
        ({"23.08": "23.O8"}, "23.08", True),
        ({"4.25": "4.2S"}, "23.08", True),
        ({"23.08": "28.08"}, "28.08", False),
        ({"TOTAL": "TOTAL INCL. TAX"}, "23.08", True),
        ({"TOTAL": "Amount due"}, "23.08", True),
        ({"Tax 5%": "", "1.10": ""}, "23.08", False),
    ],
)
def test_a_total_is_sure_only_if_the_rest_adds_up_to_it(changes: dict[str, str], total: str, *, is_sure: bool) -> None:
    field = one(extracted(_but(RECEIPT, changes)), "total")

    assert (total, is_sure) == (field.value, field.is_sure)


def test_a_sum_says_nothing_of_what_the_goods_are_called() -> None:
    seen = extracted(_but(RECEIPT, {"1 Ground coffee": "1 Gr0und c0ffee"}), scores={"1 Gr0und c0ffee": 0.93})

    assert (0.6, False) == (one(seen, "items").confidence, one(seen, "items").is_sure)
    assert one(seen, "total").is_sure


def test_a_repaired_amount_counts_only_where_the_sum_bears_it_out() -> None:
    borne_out = extracted(_but(RECEIPT, {"11.95": "1l.95"}))
    not_borne_out = extracted(_but(RECEIPT, {"11.95": "1l.85"}))

    items = one(borne_out, "items")
    assert [(1, "l", "1")] == [(repair.at, repair.read, repair.taken) for repair in items.repairs]
    assert {"name": "Ground coffee", "quantity": "1", "amount": "11.95"} in items.value
    assert ["4.25", "5.78"] == [
        entry["amount"] for entry in one(not_borne_out, "items").value if isinstance(entry, dict)
    ]


@given(dropped=st.sets(st.sampled_from(["TOTAL", "23.08", "Subtotal", "21.98", "Tax 5%", "1.10", "4.25"])))
def test_a_total_is_never_invented(dropped: set[str]) -> None:
    """Whatever is missing, a total is an amount that stands beside the word for it."""
    seen = values(extracted(_but(RECEIPT, dict.fromkeys(dropped, "")), asked="receipt"))

    assert ("23.08" if not dropped & {"TOTAL", "23.08"} else None) == seen.get("total")


@pytest.mark.parametrize(
    ("extra", "total"),
    [
        ([["Total", "100.00"], ["Discount", "10.00"], ["Grand Total", "90.00"]], "90.00"),
        ([["Total", "100.00"], ["Round off", "-0.40"], ["Grand Total", "99.60"]], "99.60"),
        ([["CGST 9%", "9.00"], ["SGST 9%", "9.00"], ["Total Rs.", "118.00"]], "118.00"),
        ([["VAT included", "16.00"], ["Total", "100.00"]], "100.00"),
    ],
)
def test_discounts_rounding_and_taxes_of_several_kinds_are_reckoned_with(extra: list[list[str]], total: str) -> None:
    seen = extracted(["Lotus Stores", "Invoice No: 123", ["Lamp", "60.00"], ["Bulb", "40.00"], *extra])

    assert ("receipt", total) == (seen.document_type, values(seen)["total"])


def test_two_totals_that_nothing_tells_apart_are_none() -> None:
    seen = extracted(["Cash bill", ["Total", "118.00"], ["Total", "113.00"]], asked="receipt")

    assert "total" not in values(seen)


def test_an_ambiguous_date_is_told_as_it_was_read() -> None:
    field = one(extracted(_but(RECEIPT, {"18 May 2024": "04/05/2024"})), "date")

    assert ("04/05/2024", True, False) == (field.value, field.is_ambiguous, field.is_sure)


PAN = ["INCOME TAX DEPARTMENT GOVT. OF INDIA", "Permanent Account Number Card", "ABCPV1234K", "Name", "IMARA VELSTRAND"]
PAN += ["Father's Name", "OSWIN VELSTRAND", "Date of Birth", "09/08/1991"]
PAN_VALUES = {"pan_number": "ABCPV1234K", "name": "IMARA VELSTRAND", "father_name": "OSWIN VELSTRAND"}
PAN_VALUES |= {"date_of_birth": "1991-08-09"}


@pytest.mark.parametrize("read", ["ABCPV1234K", "A8CPV1234K", "ABCPVI234K", "ABCPVl234K", "ABCPV12E4K", "ABCPV123AK"])
def test_a_pan_is_repaired_by_its_pattern_or_left_out(read: str) -> None:
    seen = extracted(_but(PAN, {"ABCPV1234K": read}))

    assert "pan" == seen.document_type
    expected = PAN_VALUES if read != "ABCPV12E4K" else {k: v for k, v in PAN_VALUES.items() if k != "pan_number"}
    expected = expected | ({"pan_number": "ABCPV1234K"} if "pan_number" in expected else {})
    assert expected == values(seen)


def test_a_pan_whose_fourth_letter_is_no_holder_is_none() -> None:
    assert "pan_number" not in values(extracted(_but(PAN, {"ABCPV1234K": "ABCXV1234K"})))


def test_a_name_that_does_not_begin_as_the_pan_says_is_doubted() -> None:
    field = one(extracted(_but(PAN, {"IMARA VELSTRAND": "IMARA WELSTRAND"})), "name")

    assert (False, False) == (field.check.passed if field.check else None, field.is_sure)


def test_an_older_pan_card_without_labels_is_read_by_its_order() -> None:
    rows = ["INCOME TAX DEPARTMENT", "GOVT. OF INDIA", "IMARA VELSTRAND", "OSWIN VELSTRAND", "09/08/1991"]

    seen = extracted([*rows, "Permanent Account Number", "ABCPV1234K"])

    assert PAN_VALUES == values(seen)


AADHAAR = ["Government of India", "Imara Velstrand", "DOB: 09/08/1991", "FEMALE", "2341 2341 2346", "Aadhaar"]


def test_an_aadhaar_card_shows_the_last_four_digits_only() -> None:
    seen = extracted(AADHAAR)

    number = one(seen, "aadhaar_number")
    assert "aadhaar" == seen.document_type
    assert ("XXXX XXXX 2346", True) == (number.value, number.is_sure)
    assert ("Imara Velstrand", "1991-08-09", "female") == tuple(
        values(seen)[name] for name in ("name", "date_of_birth", "gender")
    )


@pytest.mark.parametrize(
    ("read", "value", "passed"),
    [
        ("2341 2341 2347", "XXXX XXXX 2347", False),
        ("234123412346", "XXXX XXXX 2346", True),
        ("Z341 2341 2346", "XXXX XXXX 2346", True),
        ("2341 2341 234b", "XXXX XXXX 2346", True),
    ],
)
def test_an_aadhaar_number_is_told_with_the_verdict_of_its_check(read: str, value: str, *, passed: bool) -> None:
    field = one(extracted(_but(AADHAAR, {"2341 2341 2346": read})), "aadhaar_number")

    assert (value, passed) == (field.value, field.check.passed if field.check else None)


def test_a_card_with_a_year_of_birth_alone() -> None:
    seen = values(extracted(_but(AADHAAR, {"DOB: 09/08/1991": "Year of Birth : 1991"})))

    assert ("1991", "Imara Velstrand") == (seen["year_of_birth"], seen["name"])
    assert "date_of_birth" not in seen


MARKS = [
    "Northvale Examination Board",
    "Statement of Marks",
    ["Candidate", "Roll number"],
    ["Tobias Quillfeather", "NV-738452"],
    ["Subject", "Maximum", "Marks", "Grade"],
    ["Mathematics", "100", "93", "A+"],
    ["Physics", "100", "79", "B+"],
    ["World History", "100", "76", "B+"],
    ["Total", "300", "248", "A"],
    ["Percentage: 82.67", "Result: Passed"],
]


def test_a_mark_sheet_that_adds_up() -> None:
    seen = extracted(MARKS)

    assert "mark_sheet" == seen.document_type
    told = values(seen)
    assert ("Tobias Quillfeather", "NV-738452", "248", "300", "82.67", "Passed") == tuple(
        told[name] for name in ("name", "roll_number", "total", "maximum_total", "percentage", "result")
    )
    assert (
        {"subject": "Mathematics", "maximum": "100", "marks": "93", "grade": "A+"},
        {"subject": "Physics", "maximum": "100", "marks": "79", "grade": "B+"},
        {"subject": "World History", "maximum": "100", "marks": "76", "grade": "B+"},
    ) == told["subjects"]
    assert all(one(seen, name).is_sure for name in ("subjects", "total", "percentage"))


@pytest.mark.parametrize("printed", ["Date of issue 24/07/2022", "Issued on: 24/07/2022"])
def test_a_mark_sheet_says_when_it_was_issued(printed: str) -> None:
    assert "2022-07-24" == values(extracted([*MARKS, printed]))["date_of_issue"]


@pytest.mark.parametrize(
    ("changes", "count", "is_sure"),
    [
        ({"93": "98"}, 3, False),
        ({"93": "9З"}, 2, False),
        ({"79": "7g"}, 3, True),
        ({"100": "1OO"}, 3, True),
        ({"79": "7B"}, 2, False),
        ({"248": "24B"}, 3, True),
    ],
)
def test_marks_are_sure_only_if_they_add_up(changes: dict[str, str], count: int, *, is_sure: bool) -> None:
    subjects = one(extracted(_but(MARKS, changes)), "subjects")

    assert (count, is_sure) == (len(subjects.value), subjects.is_sure)


def test_a_percentage_that_is_not_that_of_the_total_is_doubted() -> None:
    assert not one(extracted(_but(MARKS, {"Percentage: 82.67": "Percentage: 87.67"})), "percentage").is_sure


def test_a_total_in_words_is_read() -> None:
    rows = ["STATE BOARD OF EXAMINATION", "Mark sheet", "Name: ASHA VERMA", "Roll number 4471 2093"]

    told = values(extracted([*rows, "Total marks 482 of 600"]))

    assert ("ASHA VERMA", "4471 2093", "482", "600") == tuple(
        told[name] for name in ("name", "roll_number", "total", "maximum_total")
    )


PASSPORT = ["PASSPORT", "Date of birth", "14 MAR 1991", PASSPORT_LINES[0], passport_second_line()]
PASSPORT_VALUES = {
    "surname": "VELSTRAND",
    "given_names": "IMARA LINDE",
    "country": "UTO",
    "passport_number": "L898902C3",
    "nationality": "UTO",
    "gender": "female",
    "date_of_birth": "1991-03-14",
    "date_of_expiry": "2034-06-01",
}


def _passport(second: str, first: str = PASSPORT_LINES[0], *rows: str) -> Extraction:
    return extracted(["PASSPORT", *rows, first, second])


def test_a_passports_zone_is_read_with_all_its_checks() -> None:
    seen = extracted(PASSPORT)

    assert "passport" == seen.document_type
    assert PASSPORT_VALUES == values(seen)
    assert all(field.is_sure for field in seen.fields)


@pytest.mark.parametrize(
    "second",
    [
        passport_second_line().replace("898902", "8989O2"),
        passport_second_line().replace("UTO", "UT0"),
        passport_second_line().replace("340601", "34O6OI"),
        passport_second_line().replace("<<<<<", "<<<"),
        passport_second_line().replace("<<<<<", "<<<<<<<<"),
        passport_second_line().replace("<<<<<", " <<< << "),
        passport_second_line().replace("<<<<<", "«««"),
    ],
    ids=range(7),
)
def test_usual_errors_in_a_zone_are_put_right_by_its_checks(second: str) -> None:
    assert PASSPORT_VALUES == values(_passport(second))


def test_a_wrong_digit_in_a_zone_is_told() -> None:
    seen = _passport(passport_second_line().replace("910314", "910315"))

    field = one(seen, "date_of_birth")
    assert (False, False) == (field.check.passed if field.check else None, field.is_sure)
    assert "FIELDS_DOUBTFUL: 1 fields break their rule" in seen.warnings


@pytest.mark.parametrize(
    ("birth", "expiry", "rows", "value"),
    [
        ("910314", "340601", (), "1991-03-14"),
        ("050314", "340601", (), "2005-03-14"),
        ("250314", "340601", ("14 MAR 2025",), "2025-03-14"),
        ("250314", "340601", (), "250314"),
        ("250314", "340601", ("14/03/1925",), "1925-03-14"),
    ],
)
def test_the_century_of_a_birth_is_not_guessed(birth: str, expiry: str, rows: tuple[str, ...], value: str) -> None:
    field = one(_passport(passport_second_line(birth=birth, expiry=expiry), PASSPORT_LINES[0], *rows), "date_of_birth")

    assert (value, value == birth) == (field.value, field.is_ambiguous)


def test_a_card_with_three_short_lines_is_read_too() -> None:
    """The example of ICAO 9303 part 5."""
    rows = ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"]

    seen = extracted(rows)

    told = values(seen)
    assert ("passport", "D23145890", "ERIKSSON", "ANNA MARIA", "1974-08-12", "2012-04-15") == (
        seen.document_type,
        *(told[name] for name in ("document_number", "surname", "given_names", "date_of_birth", "date_of_expiry")),
    )


FORM = [
    "Westmere Reading Room",
    "Full name",
    "Oswin Tarrowby",
    ["Date of birth", "Telephone"],
    ["09 August 1987", "555 0142"],
    "Email: oswin@example.org Town: Larkmoor",
    "Favourite colour: teal",
    ["Blood group:", "B+"],
    "Course leader",
    "Name of the hall is not given",
]


def test_a_form_is_of_no_known_type_and_gives_its_labels() -> None:
    seen = extracted(FORM)

    assert ("unknown", ()) == (seen.document_type, seen.signals)
    assert {
        "name": "Oswin Tarrowby",
        "date_of_birth": "1987-08-09",
        "phone": "555 0142",
        "email": "oswin@example.org",
        "favourite_colour": "teal",
        "blood_group": "B+",
    } == values(seen)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        ["4471 2093"],
        ["Dear Ms Pemberwick", "we thank you for your patience", "Order number 58294"],
        ["My name is on the board", "and the total is unknown"],
        ["Passport photo of the applicant"],
    ],
    ids=["nothing", "a number", "a letter", "prose", "a word"],
)
def test_too_little_evidence_is_no_type(rows: list[str]) -> None:
    assert "unknown" == extracted(rows).document_type


def test_a_type_that_is_asked_for_is_not_overruled() -> None:
    seen = extracted(PAN, asked="generic")

    assert ("generic", True) == (seen.document_type, seen.is_asked)


def test_a_portal_gets_the_fields_that_it_wants_and_hears_of_those_that_are_not_there() -> None:
    seen = extracted(RECEIPT, wanted=("total", "date", "gstin"))

    assert {"date", "total"} == set(values(seen))
    assert ("gstin",) == seen.missing
    assert ("FIELDS_MISSING: gstin",) == seen.warnings


def test_a_field_is_only_as_likely_as_the_line_it_stands_on() -> None:
    low = extracted(FORM, scores={"Oswin Tarrowby": 0.75})

    assert 0.21 == one(low, "name").confidence
    assert not one(low, "name").is_sure


@given(rows=st.lists(st.lists(st.text(max_size=25), min_size=1, max_size=4), max_size=12))
def test_any_page_has_an_answer_whose_every_value_stands_on_it(rows: list[list[str]]) -> None:
    seen = extracted(rows)

    numbers = {number for field in seen.fields for number in (cell.number for cell in field.cells)}
    assert all(0 <= field.confidence <= 1 for field in seen.fields)
    assert numbers <= set(range(sum(1 for row in rows for text in row if text.strip())))
