"""What grows with the history, and what with the daemon's age: queries at three sizes, memory, and what idling costs.

The history is finished jobs with their attempts and runs; beside it stand always as many pending and running ones. The
backlog is pending jobs alone. BENCH_ROWS names the sizes (10000,100000,1000000), and BENCH_MEMORY_JOBS how many jobs
one daemon takes through the whole state machine while its memory is looked at (20000).
"""

from bench.scale.figures import measure

__all__ = ["measure"]
