"""A burst of documents: what it costs, how soon it is done, and how soon the first is there.

Row, plan, launch, bundle, bootstrap, the worker's parent, storage, frames, proof and document are real; Camber is the
emulator with the times of the real one. In a replay what computes takes the processor time that was measured before,
each process on a core of its own, and all of time is compressed: the machine's own work then weighs more than it
should, so a replay errs on the slow side. One course is real in full, and the replay must foretell its wall time.

BENCH_BURST, BENCH_ALONE and BENCH_REAL say how many documents (500, 100 and 100; 0 leaves the course out), and
BENCH_TIMES_FASTER how much time is compressed (4).
"""

from bench.burst.figures import measure

__all__ = ["measure"]
