"""How long after a Camber job has ended its documents are completed, while a thousand are running.

All jobs are there before the daemon starts, and a run goes on for so long that the last one is launched before the
first one ends. So runs end as fast as they were launched, one after the other. BENCH_JOBS says how many jobs there are
(1,000); BENCH_RUN_SECONDS how long each run goes on (60).
"""

from bench.lag.figures import measure

__all__ = ["measure"]
