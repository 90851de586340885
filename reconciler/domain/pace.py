"""How long runs take, as the recent ones show: what batches, polls and the budget reckon with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is to be expected; seconds. The defaults stand until runs have shown something else.

    They are a little above what was measured, so that a first batch is rather too small than too large: an environment
    installed from the lock, models loaded, and a photograph read, with its way from and to the store, by one process.
    """

    processes: int
    startup_seconds: float = 15.0
    """From the run's start at Camber until its first document is begun."""
    document_seconds: float = 2.0
    """One process's time for a document of a schema that was not seen lately."""
    by_schema: Mapping[UUID, float] = field(default_factory=dict)
    learnt: bool = False
    """Whether any run has shown something: until then nothing is put off in trust of these figures."""

    def of_schema(self, schema_id: UUID) -> float:
        """One process's time for a document of that schema."""
        return self.by_schema.get(schema_id, self.document_seconds)

    def run_seconds(self, compute_seconds: float) -> float:
        """How long a run with so much to compute lasts at Camber."""
        return self.startup_seconds + compute_seconds / self.processes
