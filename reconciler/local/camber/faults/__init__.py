"""What goes wrong on purpose: named faults, drawn from the plan in `faults.json`.

The law of this package: a fault stands around one call and knows nothing of the others. Which calls it befalls is
decided here, from the plan and a count in the ledger, so it is the same again for the same plan and order of calls,
however many processes make them.

    plan.py       reads the plan and decides, call by call
    kinds.py      what a kind of fault is, and the list of all
    when.py       before or after the service did its work, and what several kinds do there
    the others    one kind of fault each
"""

from reconciler.local.camber.faults.plan import befalling, load, plan_text, read_plan

__all__ = ["befalling", "load", "plan_text", "read_plan"]
