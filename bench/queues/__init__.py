"""The engine beside queues for Postgres that others keep: the same jobs, the same fake CLI, in one run.

Procrastinate and PgQueuer run a task for each job through their public interfaces: put the run file on the stash,
create, poll with get, read the log, find the frame. They have as many jobs at a time as the reconciler has slots. With
`kill -9` half-way each is started again, and does what its documentation says about jobs of a worker that died.
Duplicates and losses are counted from the fake CLI's own book. BENCH_JOBS says how many jobs there are (300).
"""

from bench.queues.figures import measure

__all__ = ["measure"]
