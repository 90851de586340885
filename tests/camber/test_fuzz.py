"""The fuzz target notices what it is there for."""

import pytest

from reconciler.domain.observations import Created
from tests.camber import fuzz
from tests.camber.corpus import READERS
from tests.camber.fuzz import BETWEEN_STREAMS, COMMANDS, Found, by_mutation, check, seeds


def dict_of_readers() -> dict[str, object]:
    assert isinstance(READERS, dict)
    return READERS


def given(command: str, exit_code_index: int, out: bytes) -> bytes:
    return bytes([COMMANDS.index(command), exit_code_index]) + out + BETWEEN_STREAMS


def test_every_seed_holds_what_must_hold() -> None:
    assert len({check(seed) for seed in seeds()}) > 15


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff\xff", BETWEEN_STREAMS])
def test_the_shortest_inputs_are_inputs(data: bytes) -> None:
    assert check(data)


def test_a_success_with_a_bad_exit_code_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(dict_of_readers(), "version", lambda _: "1.0.40")

    assert check(given("version", 0, b"")) == "str"
    with pytest.raises(Found, match="exit code 1 was read as str"):
        check(given("version", 3, b""))


def test_an_id_out_of_nowhere_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(dict_of_readers(), "job create", lambda _: Created(4711))

    with pytest.raises(Found, match="4711"):
        check(given("job create", 0, b"Job ID: 471\n"))


def test_a_slow_reader_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "SECONDS_MAX", -1.0)

    with pytest.raises(Found, match="took"):
        check(given("version", 0, b""))


def test_a_short_walk_finds_nothing() -> None:
    assert by_mutation(0.3, seed=3) == 0
