"""How soon a new row is taken: from its insert to its plan, and to the moment when create may happen.

The daemon, Postgres and the object store are real. In the profile `instant` Camber is the tests' stand-in and the store
is at hand; in `real` Camber is the emulator with the times of the real one, whose jobs never start, and the store is a
round trip of 230 ms away. Each with LISTEN and without it (the trigger is taken away), on the database's clock.
Before its plan a row's upload is looked at (HEAD), and between plan and create the run's folder is put on the stash:
both are shown beside it.
"""

from bench.wake_up.measuring import measure

__all__ = ["measure"]
