"""Every transcript is read as its manifest says, and no bytes whatsoever pass for success."""

import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.camber.parse.jobs import read_get, status_of
from reconciler.camber.parse.listing import read_list
from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.structured import as_id, as_time
from reconciler.domain.observations import (
    Account,
    CamberStatus,
    Created,
    Log,
    NotSent,
    Page,
    Seen,
    Trouble,
    Unknown,
    Unreachable,
)
from tests.camber.corpus import FOLDER, MARKS, READERS, Transcript, described, read, transcripts

CORPUS = transcripts()
COMMANDS = [*READERS, "job get 4553"]
BANNER = (FOLDER / "version-banner-alone.out").read_text("utf-8")


@pytest.mark.parametrize("transcript", CORPUS, ids=lambda transcript: transcript.name)
def test_a_transcript_is_read_as_the_manifest_says(transcript: Transcript) -> None:
    outcome = described(read(transcript.command, transcript.printed))

    assert transcript.expect == _shared(outcome, transcript.expect), transcript.shows


def test_the_manifest_and_the_folder_hold_the_same_transcripts() -> None:
    named = {name for transcript in CORPUS for name in (transcript.stdout, transcript.stderr) if name}

    assert named == {path.name for path in FOLDER.iterdir() if path.suffix in (".out", ".err")}
    assert len(CORPUS) == len({transcript.name for transcript in CORPUS})
    assert MARKS >= {transcript.mark for transcript in CORPUS}


@pytest.mark.parametrize("command", COMMANDS)
@settings(deadline=None)
@given(out=st.binary(max_size=400), err=st.binary(max_size=200), exit_code=st.integers(0, 255))
def test_no_bytes_crash_a_parser_or_pass_for_success(command: str, out: bytes, err: bytes, exit_code: int) -> None:
    outcome = read(command, _printed(out, err, exit_code))

    assert not isinstance(outcome, Seen | Created | Account | NotSent)
    assert exit_code == 0 or not isinstance(outcome, Page | Log)


@pytest.mark.parametrize("command", COMMANDS)
@settings(deadline=None)
@given(data=st.data())
def test_no_mutilation_crashes_a_parser_or_makes_an_id_up(command: str, data: st.DataObject) -> None:
    """A cut, a splice or a flipped byte may lose an answer; it may never make up a job that no transcript names."""
    pieces = [bytes(transcript.printed.stdout, "utf-8") for transcript in CORPUS]
    first, second = data.draw(st.sampled_from(pieces)), data.draw(st.sampled_from(pieces))
    at = data.draw(st.integers(0, len(first)))
    whole = first[:at] + data.draw(st.binary(max_size=3)) + second[data.draw(st.integers(0, len(second))) :]
    outcome = read(command, _printed(whole, b"", data.draw(st.sampled_from([0, 0, 1, 255]))))

    if isinstance(outcome, Seen):
        assert outcome.job.camber_job_id == 4553
    if isinstance(outcome, Created):
        assert str(outcome.camber_job_id) in whole.decode("utf-8", "replace")


@pytest.mark.parametrize("transcript", [t for t in CORPUS if t.command == "job create"], ids=lambda t: t.name)
def test_a_create_that_is_cut_anywhere_never_names_another_job(transcript: Transcript) -> None:
    """A cut id would be somebody else's: a number is believed only where more follows it."""
    whole = read("job create", Printed(exit_code=0, stdout=transcript.printed.stdout))
    cuts = (transcript.printed.stdout[:end] for end in range(len(transcript.printed.stdout)))
    outcomes = [read("job create", Printed(exit_code=0, stdout=cut)) for cut in cuts]

    if isinstance(whole, Created):
        assert {outcome for outcome in outcomes if isinstance(outcome, Created)} <= {whole}


@pytest.mark.parametrize("exit_code", [1, 2, 127, 255])
def test_a_create_with_a_bad_exit_code_is_never_created(exit_code: int) -> None:
    for transcript in CORPUS:
        printed = Printed(exit_code=exit_code, stdout=transcript.printed.stdout, stderr=transcript.printed.stderr)

        assert not isinstance(read("job create", printed), Created)


def test_a_create_that_was_cut_by_our_cap_is_unknown() -> None:
    printed = Printed(exit_code=0, stdout="Job created successfully.\nJob ID: 5\n", cut=True)

    assert isinstance(read("job create", printed), Unknown)


def test_the_banner_changes_no_reading() -> None:
    for transcript in CORPUS:
        bannered = Printed(
            exit_code=transcript.exit_code, stdout=BANNER + transcript.printed.stdout, stderr=transcript.printed.stderr
        )
        if transcript.stdout and not transcript.printed.stdout.startswith(BANNER):
            expected = described(read(transcript.command, transcript.printed))

            assert expected == described(read(transcript.command, bannered)), transcript.name


def test_a_refusal_quotes_no_presigned_query() -> None:
    url = "https://nyc3.example.com/b/k?X-Amz-Credential=DO00AAAABBBBCCCCDDDD&X-Amz-Signature=" + "ab" * 32
    outcome = read("me", Printed(exit_code=1, stdout=f"cannot fetch {url}\n"))

    assert isinstance(outcome, Unreachable)
    assert "abab" not in outcome.reason
    assert "DO00" not in outcome.reason


def test_a_log_that_our_cap_cut_says_so() -> None:
    assert read("job logs", Printed(exit_code=0, stdout="a\n", cut=True)) == Log("a\n", truncated=True)


def test_a_look_that_our_cap_cut_is_refused() -> None:
    shown = '{"job_id": 4553, "job_status": "RUNNING"}'

    assert isinstance(read_get(Printed(exit_code=0, stdout=shown), 4553), Seen)
    assert isinstance(read_get(Printed(exit_code=0, stdout=shown, cut=True), 4553), Unreachable)


def test_deep_nesting_is_refused() -> None:
    outcome = read_list(Printed(exit_code=0, stdout="[" * 100_000 + "]" * 100_000))

    assert isinstance(outcome, Unreachable)
    assert outcome.trouble is Trouble.UNREADABLE


@pytest.mark.parametrize("word", [status.value for status in CamberStatus])
def test_a_status_is_known_in_any_case(word: str) -> None:
    assert CamberStatus(word) is status_of(word.lower())
    assert CamberStatus(word) is status_of(f" {word.title()} ")


@pytest.mark.parametrize("word", ["", "FAIL", "COMPLETED?", "QUEUED", "SUCCEEDED", "ERROR", "status", "FİNAL"])
def test_any_other_word_is_unknown(word: str) -> None:
    assert status_of(word) is CamberStatus.UNKNOWN


@pytest.mark.parametrize(
    "value", [True, False, 0, -1, 1.5, None, "", "1.0", "x", "٣", "9" * 19, 10**18, [1], {"id": 1}]
)
def test_what_is_no_id_is_none(value: object) -> None:
    assert as_id(value) is None


@pytest.mark.parametrize(
    "value",
    ["", "now", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "20260101", 1767225600, "9999-12-31T23:59:59-23:59"],
)
def test_what_is_no_time_is_none(value: object) -> None:
    assert as_time(value) is None


@settings(deadline=None)
@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9000, 1, 1)))  # noqa: DTZ001  # made aware below
def test_a_time_is_read_back(moment: datetime) -> None:
    shown = moment.replace(microsecond=0).isoformat() + "Z"
    read_back = as_time(shown)

    assert read_back is not None
    assert shown == re.sub(r"\+00:00$", "Z", read_back.isoformat())


def _printed(out: bytes, err: bytes, exit_code: int) -> Printed:
    return Printed(exit_code=exit_code, stdout=out.decode("utf-8", "replace"), stderr=err.decode("utf-8", "replace"))


def _shared(outcome: Any, expected: Any) -> Any:
    """Return of the outcome what the expectation speaks of."""
    if isinstance(expected, dict) and isinstance(outcome, dict):
        return {name: _shared(outcome.get(name), inner) for name, inner in expected.items()}
    return outcome
