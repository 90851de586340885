"""What opens a door is never kept or quoted."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.camber.redaction import drop_foreign_commands, quote, redact, without_key

SECRET = "Zq3v9XcL0bN7mK2pQ8rT4wY6uJ1hG5fD"


@pytest.mark.parametrize(
    "text",
    [
        f"GET https://nyc3.example.com/b/k?X-Amz-Date=1&X-Amz-Signature={SECRET} 200",
        f'{{"url": "https://h.example/k?X-Amz-Credential=a\\u0026X-Amz-Signature={SECRET}"}}',
        f"https://h.example/k?AWSAccessKeyId=x&Signature={SECRET}",
        f"...dangling&X-Amz-Signature={SECRET}",
        f"X-Amz-Security-Token={SECRET}&x",
        f"Authorization: Bearer {SECRET}",
        f"aws_secret_access_key = {SECRET}",
        f'"SPACES_SECRET": "{SECRET}"',
        f"--api-key {SECRET}",
        f"CAMBER_API_KEY={SECRET}",
        f"AGE-SECRET-KEY-1{SECRET}",
        f"age-secret-key-1{SECRET.lower()}",
    ],
)
def test_a_secret_is_taken_out(text: str) -> None:
    assert SECRET.lower() not in redact(text.encode()).decode().lower()
    assert SECRET.lower() not in quote(text).lower()


@pytest.mark.parametrize("text", ["AKIAIOSFODNN7EXAMPLE", "x DO00ABCDEFGHIJKLMNOP y", "ASIAABCDEFGHIJKLMNOP"])
def test_a_key_id_is_taken_out(text: str) -> None:
    assert b"[redacted]" in redact(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "      --api-key string   API key for authentication (also set via CAMBER_API_KEY env var)",
        "Job ID: 27649",
        "https://example.org/page?x=1",
        "sha256 0f343b0931126a20f133d67c2b018a3b5d2fd1b1f9c1b9a4c5c0a1e0c0ffee00",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert text.encode() == redact(text.encode())


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_crash_redaction(text: bytes) -> None:
    redact(drop_foreign_commands(text, "rythmiq-"))
    without_key(text, "key")


@settings(deadline=None)
@given(st.text(max_size=500), st.integers(10, 200))
def test_a_quotation_is_one_short_printable_line(text: str, length_max: int) -> None:
    quotation = quote(text, length_max)

    assert len(quotation) <= length_max
    assert quotation.isprintable()


@pytest.mark.parametrize("marker", [None, "rythmiq-"])
def test_a_foreign_command_is_dropped_even_where_the_json_is_cut(marker: str | None) -> None:
    cut = b'{"jobs": [{"command": "say \\"hunter2\\" and more, never closed'

    assert b"hunter2" not in drop_foreign_commands(cut, marker)


SCREENS = """
Job ID:              9
Status:              RUNNING
Command:             cat <<'X'
--------------------------
Duration:            of our secret hunter2
========================
X
With GPU:            false
Duration:            5s
----------------------------------------
Job ID:              8
Status:              PENDING
Command:             : rq-ours; true
With GPU:            false
Duration:            6s
----------------------------------------

Job ID:              7
Status:              PENDING
Command:             echo hunter2
Some New Row:        hunter2?
----------------------------------------
Job ID:              6
Status:              PENDING
Command:             echo hunter2
"""


def test_a_foreign_command_with_rows_and_rules_of_its_own_is_dropped_whole() -> None:
    shown = drop_foreign_commands(SCREENS.encode(), "rq-").decode()

    assert "hunter2" not in shown
    assert shown.count("[dropped: not ours]") == 3
    assert ": rq-ours; true\nWith GPU:            false\nDuration:            6s\n" in shown
    assert "[dropped: not ours]\nWith GPU:            false\nDuration:            5s\n---" in shown
    assert [line.split()[-1] for line in shown.splitlines() if line.startswith("Job ID:")] == ["9", "8", "7", "6"]


@pytest.mark.parametrize("key", ["command", "cmd", "Command", "start_command", "commandLine"])
def test_a_foreign_command_is_dropped_under_whatever_name_it_stands(key: str) -> None:
    shown = drop_foreign_commands(json.dumps({"job_id": 8, key: 'say "hunter2"\n'}).encode(), "rq-")

    assert json.loads(shown) == {"job_id": 8, key: "[dropped: not ours]"}
