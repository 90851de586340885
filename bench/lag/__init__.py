"""How long after a Camber job has ended its documents are completed, while a thousand are running.

All jobs are there before the daemon starts, and a run goes on for so long that the last one is launched before the
first one ends. Ends come one by one over a minute, as they do when work comes in steadily; or, in the second course,
as fast as the runs were launched, which is a thousand documents to be written within a few seconds. BENCH_JOBS says how
many jobs there are (1,000); BENCH_RUN_SECONDS how long a run goes on at least (60).
"""

from bench.lag.figures import measure

__all__ = ["measure"]
