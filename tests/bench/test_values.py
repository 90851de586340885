"""When a value that was given is the one that was drawn."""

import pytest

from bench.documents.kinds import KINDS
from bench.documents.truth import Line, Truth
from bench.documents.values import as_given, asked, concealed, is_right

CORNERS = ((0.0, 0.0), (9.0, 0.0), (9.0, 4.0), (0.0, 4.0))
NUMBER = "999901304478"
CARD = Truth(
    kind="aadhaar_card",
    lines=(Line(text="9999 0130 4478", polygon=CORNERS, row=0),),
    fields={"aadhaar_number": NUMBER, "name": "Asha Verma"},
)


@pytest.mark.parametrize(
    ("name", "drawn", "found", "right"),
    [
        ("name", "Asha Verma", {"name": "ASHA VERMA"}, True),
        ("name", "Asha Verma", {"name": "Asha Verna"}, False),
        ("name", "Asha Verma", {}, False),
        ("pan", "KRHPX7546H", {"pan_number": "KRHPX7546H"}, True),
        ("pan", "KRHPX7546H", {"pan": "KRHPX7546H"}, False),
        ("date_of_birth", "03/12/1980", {"date_of_birth": "1980-12-03"}, True),
        ("date_of_birth", "03/12/1980", {"date_of_birth": "1980-03-12"}, False),
        ("aadhaar_number", NUMBER, {"aadhaar_number": "XXXX XXXX 4478"}, True),
        ("aadhaar_number", NUMBER, {"aadhaar_number": "XXXX XXXX 4479"}, False),
        ("aadhaar_number", NUMBER, {"aadhaar_number": NUMBER}, False),
    ],
)
def test_a_field_is_right(name: str, drawn: str, found: dict[str, str], right: bool) -> None:  # noqa: FBT001
    assert right == is_right(name, drawn, found)


def test_what_is_concealed_is_not_asked_for() -> None:
    given = as_given(CARD, f"Asha Verma\n{concealed(NUMBER)}")

    assert [line.text for line in given.readable] == ["XXXX XXXX 4478"]
    assert given.fields["aadhaar_number"] == "XXXX XXXX 4478"


@pytest.mark.parametrize("text", ["9999 0130 4478", "XXXX XXXX 4479", ""])
def test_whoever_conceals_nothing_or_another_number_is_asked_for_all(text: str) -> None:
    assert CARD == as_given(CARD, text)


def test_the_zone_that_fields_are_read_from_is_none_of_them() -> None:
    assert set(asked(Truth(kind="passport", lines=(), fields={"surname": "VERMA", "mrz": "P<"}))) == {"surname"}
    assert "passport" in KINDS
