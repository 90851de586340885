"""How many moves a second the engine writes, where nobody waits for a CLI: plans, launches, looks, verdicts.

Database and bookkeeping are real, triggers and history included; what the CLI and the store would have said is given.
Each move of a job, an attempt or a run counts as one. BENCH_JOBS says how many jobs there are (2,000).
"""

from bench.transitions.measuring import measure

__all__ = ["measure"]
