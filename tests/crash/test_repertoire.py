"""Which story is played next, while some points are left."""

from tests.crash.matrix import FRUITLESS_MAX, ROUNDS_MAX, Repertoire, Roll
from tests.crash.play import Play
from tests.crash.stage import Scenario


def story(name: str) -> Scenario:
    return Scenario(name=name, begin=lambda _: None)


def played(repertoire: Repertoire, *, deaths: list[str] | None = None, passed: set[str] | None = None) -> str | None:
    """Play the next story; returns its name."""
    chosen = repertoire.next()
    if chosen is None:
        return None
    repertoire.back(*chosen, Play(deaths=deaths or [], passed=passed or set()))
    return chosen[0].name


def test_each_story_is_played_once_before_anything_is_known() -> None:
    repertoire = Repertoire([story("a"), story("b")], Roll(["p"]), {})

    assert [played(repertoire), played(repertoire)] == ["a", "b"]


def test_the_story_that_passes_the_most_of_what_is_left_is_next() -> None:
    roll = Roll(["p", "q", "r"])
    repertoire = Repertoire([story("a"), story("b")], roll, {"a": ["p", "x", "y", "z"], "b": ["q", "r"]})

    assert played(repertoire, deaths=["q.before"]) == "b"
    for point in ("q", "r"):
        roll.strike(point)
    assert played(repertoire, deaths=["p.before"]) == "a"


def test_two_worlds_at_a_time_seek_other_points_while_there_are_any() -> None:
    passed = {"a": ["p", "q"], "b": ["q", "r"]}
    repertoire = Repertoire([story("a"), story("b")], Roll(["p", "q", "r"]), passed)

    first, second = repertoire.next(), repertoire.next()

    assert first is not None
    assert second is not None
    assert [(first[0].name, first[1]), (second[0].name, second[1])] == [("a", {"p", "q"}), ("b", {"r"})]
    third = repertoire.next()
    assert third is not None
    assert third[0].name == "a"


def test_it_is_over_when_nothing_is_left() -> None:
    roll = Roll(["p"])
    repertoire = Repertoire([story("a")], roll, {})
    roll.strike("p")

    assert played(repertoire) is None


def test_a_story_in_which_nobody_dies_is_given_up_and_all_are_tried_again_some_times() -> None:
    """A point that nobody passes must not be sought for ever."""
    repertoire = Repertoire([story("a"), story("b")], Roll(["p"]), {"a": ["p"]})
    names = []
    while name := played(repertoire):
        names.append(name)

    assert names[0] == "b"
    assert names[1 : 1 + FRUITLESS_MAX] == ["a"] * FRUITLESS_MAX
    assert len(names) <= 1 + ROUNDS_MAX * (FRUITLESS_MAX + 2)


def test_what_comes_after_a_death_is_looked_for_in_the_same_story() -> None:
    roll = Roll(["p.before", "p.after"])
    repertoire = Repertoire([story("a"), story("b")], roll, {"a": ["p.before"], "b": ["q.before"]})

    assert played(repertoire, deaths=["p.before"]) == "a"
    roll.strike("p.before")
    assert played(repertoire, deaths=["p.after"]) == "a"
    roll.strike("p.after")
    assert played(repertoire) is None


def test_a_story_in_which_somebody_died_has_more_to_offer() -> None:
    roll = Roll(["p.before", "p.after", "r.before"])
    repertoire = Repertoire([story("a"), story("b")], roll, {"a": ["p.before"], "b": ["q.before"]})
    played(repertoire, deaths=["p.before"])
    roll.strike("p.before")
    roll.strike("p.after")

    assert played(repertoire) == "a"


def test_of_those_the_one_that_passes_what_no_other_does_comes_first() -> None:
    roll = Roll(["p.before", "q.before", "rare.before"])
    repertoire = Repertoire([story("a"), story("b")], roll, {"a": ["p.before"], "b": ["q.before"]})
    assert played(repertoire, deaths=["p.before"]) == "a"
    roll.strike("p.before")
    assert played(repertoire, deaths=["q.before"], passed={"x.before", "y.before"}) == "b"
    roll.strike("q.before")

    assert played(repertoire) == "b"
