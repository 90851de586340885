from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker import orders
from worker.contract import ErrorCode
from worker.faults import DocumentFault
from worker.processors.naming import portal_name

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def _name(pattern: str, **changes: str) -> str:
    return portal_name(orders.payload(schema=orders.schema(filename_pattern=pattern), **changes), NOW)


def test_every_placeholder_is_filled() -> None:
    name = _name("{portal}-{original}-{timestamp}-{user_id}", original_filename="C:\\scans\\mark sheet (1).PNG")

    assert f"College_generic-mark_sheet_1_-20260304T050607Z-{orders.USER_ID}.jpg" == name


def test_a_suffix_in_the_pattern_gives_way_to_the_formats_own() -> None:
    assert "photo.jpg" == _name("photo.png")


def test_an_unknown_placeholder_is_the_schemas_fault() -> None:
    with pytest.raises(DocumentFault) as fault:
        _name("{name}")

    assert fault.value.code is ErrorCode.SCHEMA_INVALID


@given(st.text(min_size=1, max_size=300), st.text(min_size=1, max_size=300))
def test_every_name_is_safe(pattern: str, original: str) -> None:
    import re

    plain = pattern.replace("{", "").replace("}", "") + "{original}"

    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", _name(plain, original_filename=original))
