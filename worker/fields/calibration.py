"""What a score is worth: how often lines of that score were read exactly right, and what a passed check adds.

The recognition model's score is no probability: of 2700 lines that were measured, 99.4 % were right from 0.98 on, and
21 % between 0.70 and 0.80. Those figures are used here in place of the score.
"""

from enum import StrEnum


class Certainty(StrEnum):
    """The score of a line in words."""

    CERTAIN = "certain"
    """0.98 and more: 99.4 % of such lines were right to the letter."""
    LIKELY = "likely"
    """0.95 to 0.98: 90 %."""
    DOUBTFUL = "doubtful"
    """0.90 to 0.95: 60 %."""
    UNRELIABLE = "unreliable"
    """Below 0.90: mostly wrong, 27 % at best."""


SURE = 0.95
"""A field of this confidence or more is sure."""
_RIGHT = ((0.98, 0.994), (0.95, 0.90), (0.90, 0.60), (0.80, 0.27), (0.70, 0.21))
_RIGHT_BELOW = 0.10
_WORDS = ((0.98, Certainty.CERTAIN), (0.95, Certainty.LIKELY), (0.90, Certainty.DOUBTFUL))
_REPAIRED = 0.5
"""How likely a repair hits before a rule has spoken: a look-alike is as often not what was printed."""


def certainty(score: float) -> Certainty:
    """The word for a line's score."""
    return next((word for least, word in _WORDS if score >= least), Certainty.UNRELIABLE)


def likelihood(score: float) -> float:
    """How likely a line of this score is right to the letter."""
    return next((share for least, share in _RIGHT if score >= least), _RIGHT_BELOW)


def checked(prior: float, chance: float) -> float:
    """How likely a value is right that passed a rule which a wrong one passes with `chance`."""
    return prior / (prior + (1 - prior) * chance) if prior else 0.0


def repaired(chance: float, candidates: int) -> float:
    """How likely a repaired value is right: the one of `candidates` readings that passes the rule."""
    return checked(_REPAIRED, 1 - (1 - chance) ** candidates)
