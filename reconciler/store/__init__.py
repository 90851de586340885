"""The database.

Law: the only place that knows SQL. One statement a file, fenced by id, state and epoch; only the database's clock.

    database.py      engine and sessions, named statements
    migrate.py       bring the schema up, safe when two start at once; standing.py: how it stands to the code
    tables.py        the tables, as Alembic compares them; columns, bookkeeping
    statements/      one .sql file per statement, verb_noun
    jobs.py          claim, plan, defer and request
    settling.py      how attempts and their jobs end
    runs.py          lease, observe, advance
    lingering.py     runs that can be given more
    schemas.py       portal schemas
    reading.py       what operators read
    browsing.py      what their pages read, in bounded snapshots
    operating.py     what operators do
    signals.py       what workers are still to be told
    pruning.py       what is old enough to go
    daemons.py       heartbeats, breakers
    evidence.py      what the CLI said
    wake.py          LISTEN
"""
