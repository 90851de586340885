"""What a race of queues comes to."""

from collections import Counter

from bench.queues.race import outcome

FINISHED = "2026-01-01T00:00:00+00:00"
AT = 1767225600.0


def _done(number: int, seconds: float) -> dict[str, object]:
    return {"number": number, "at": AT + seconds, "finished_at": FINISHED}


def test_what_was_created_twice_is_doubled_and_what_was_never_done_is_lost() -> None:
    done = [_done(0, 1.0), _done(1, 1.0), _done(1, 2.0)]
    told = outcome(4, AT - 2.0, done, Counter({"bench/0/": 1, "bench/1/": 3}), committed=40, calls=20)

    assert (told.doubled, told.lost) == (2, 2)
    assert (told.jobs_a_second, told.cli_calls_each, told.transactions_each) == (0.5, 5.0, 10.0)
