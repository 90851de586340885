"""What the reconciler knows and decides.

Law: pure. Standard library and `worker.contract` only; no clock, no I/O, no logging.

    states.py        the states of jobs, runs and attempts, and what happens to them
    transitions.py   THE table: which event leads from which state to which
    runs.py          jobs, attempts, runs and leases as values
    observations.py  what was seen of Camber: three silences stay three
    decide.py        what was observed becomes what is done
    policy.py        the bounds of decisions, and when to look again
    batching.py      which ready jobs share a run
    lingering.py     what runs that stay are given
    pace.py          how long runs take, as the recent ones show
    cost.py          what runs cost, and what a day may cost
    why.py           why a job is where it is, what must happen, what a person can do
    filters.py       which jobs are meant, as people say it
    prefixes.py      ids by their first characters
    times.py         times and durations in words
"""
