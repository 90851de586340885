"""The bounds that decisions are made within, and when to try again."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Every bound of a decision. Times in seconds."""

    settle_seconds: float
    """How long after the submit deadline a created job may still be missing from Camber's list."""
    absent_reads_min: int
    """How many complete looks must have missed a job before its absence is a fact."""
    relaunch_max: int
    """How often a job may be launched again after a launch whose outcome was never known."""
    platform_faults_max: int
    """After how many platform faults in a row a job waits for an operator."""
    own_faults_max: int
    """After how many exceptions of our own a run or a job waits for an operator."""
    breaker_failures_min: int
    """How many failures in a row it takes before a dependency is left alone."""
    probe_limits: Mapping[str, float]
    """How long one daemon's try of each dependency may take before it counts as lost: longer than its slowest act."""
    log_grace_seconds: float
    """How long after Camber's final state a log may still be late."""
    backoff_base_seconds: float
    backoff_max_seconds: float
    poll_min_seconds: float
    poll_max_seconds: float


JITTER = 0.2
"""The share of a pause between looks by which it is shorter at the most: never longer, for somebody waits."""


def backoff_seconds(policy: Policy, failures: int, jitter: float) -> float:
    """How long to wait after so many failures: exponential with full jitter; `jitter` lies in [0, 1)."""
    ceiling = min(policy.backoff_max_seconds, policy.backoff_base_seconds * 2.0 ** min(failures, 20))
    return ceiling * (0.1 + 0.9 * jitter)


def poll_seconds(policy: Policy, age_seconds: float, jitter: float) -> float:
    """When to look again at what is of this age: often while it is young, then after a tenth of it; jitter shortens."""
    return _within(policy, age_seconds / 10) * (1 - JITTER * jitter)


def news_seconds(policy: Policy, run_seconds: float, first_seconds: float, last_seconds: float, jitter: float) -> float:
    """When to look again at a run that has run for so long and is expected to show something between first and last.

    Not before the first, as often as is allowed between them, and ever less often once it is overdue.
    """
    if run_seconds < first_seconds:
        # No jitter: this is where the next look belongs, and runs begin at different moments anyway.
        return _within(policy, first_seconds - run_seconds)
    return poll_seconds(policy, max(0.0, run_seconds - last_seconds), jitter)


def _within(policy: Policy, seconds: float) -> float:
    return min(policy.poll_max_seconds, max(policy.poll_min_seconds, seconds))
