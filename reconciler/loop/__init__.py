"""The duties of the daemon.

Law: one way through for each: row, lease, observe, decide (pure), act, write fenced by id, state and epoch. No
transaction is open across an outside call. One file a duty, each with a run_once() that returns counts.

    daemon.py    wires the clock, the signals, the wake-up, and what follows from what a look found
    duties.py    one pass at a time, again at once if it was woken meanwhile
    due.py       one question for all duties: is anything due?
    cycle.py     one run at a time within a pass
    context.py   what every duty is given

    dispatch.py  pending rows -> planned runs -> launched        inputs.py, planning.py, staging.py, launch.py
    watch.py     looks at submitted runs                         glance.py, moving.py, search.py
    collect.py   gathers results: frame -> proof -> document     harvest.py, verify.py, settle.py, witness.py
    repair.py    takes over what a dead daemon left, seeks lost launches
    requests.py  rerun_requested, cancel_requested               control.py
    tell.py      posts what ended to the product
    sweep.py     finds our Camber jobs that no live attempt owns
    prune.py     removes what is over and old

    lingering.py runs that stay: give them more, take back what they left
    faults.py    what a failed attempt does to its job
    breakers.py  leave a dependency alone while it fails     outage.py: the database itself
    accounts.py  who the CLI is logged in as
    own_faults.py  our own exceptions: counted, then held
    pacing.py    what recent runs needed
    leases.py    what this process may act on, by its own clock
    doors.py     every call of the CLI and of the store
    ledger.py    what the CLI said, kept with what it decided
    owners.py    which Camber job a marker is known to belong to
    ends.py      which ends a list has shown before their turn
    crashpoints.py  where a test may have the process killed
    naming.py    markers, folders, keys, commands
"""
