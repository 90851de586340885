"""The last word of a run that lingered."""

import pytest

from worker.contract import decode_leaving, encode_leaving

RUN = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"


def test_it_says_how_much_the_run_took() -> None:
    log = f"noise {encode_leaving(OTHER, 7)}\nnoise {encode_leaving(RUN, 3)} noise\n"

    assert 3 == decode_leaving(log, RUN)


def test_of_two_the_one_counts_that_took_more() -> None:
    """Camber may have repeated the run: what either took may have been worked on."""
    assert 3 == decode_leaving("\n".join(encode_leaving(RUN, taken) for taken in (3, 1)), RUN)


@pytest.mark.parametrize(
    "log",
    [
        "",
        encode_leaving(OTHER, 3),
        encode_leaving(RUN, 3).replace('"taken":3', '"taken":0'),
        encode_leaving(RUN, 3)[:-1],
        encode_leaving(RUN, -1),
    ],
)
def test_a_line_that_is_damaged_or_another_runs_says_nothing(log: str) -> None:
    assert decode_leaving(log, RUN) is None
