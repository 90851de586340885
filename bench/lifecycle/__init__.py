"""The engine alone: many trivial remote jobs through the whole state machine, with and without a kill -9.

The daemon, Postgres and the object store are real; Camber is `camber.py`, whose jobs queue and run for fixed times and
whose worker refuses every document. So whatever is measured here is the reconciler's own: plans, launches, looks,
verdicts. BENCH_JOBS says how many jobs there are (300); 5,000 take about an hour on two cores of their own.
"""

from bench.lifecycle.figures import measure

__all__ = ["measure"]
