"""The operators' console: what is under way, why it does not move, and what a person can do about it, in a browser.

Law: it reads in bounded, read-only snapshots, and changes nothing but by the statements of `store/operating.py`, each
with who and why. Everything that it shows was written by strangers: templates escape it, and no page shows a secret, a
key of the store or a path of the stash. What was read of a document, and its file's name, stand on its own page only.

    app.py         the routes, and what a page may need to be refused
    opening.py     make the desk from the settings
    desk.py        what the pages are given: the database, the store, who asks
    door.py        who may come in: token, session, origin of a form
    shield.py      the headers of every answer
    rendering.py   templates, and how times, sizes and durations are told
    discretion.py  what is taken out of texts before they are shown
    charts.py      figures over time as shapes (pure)
    timeline.py    runs on a time line as shapes (pure)
    asking.py      what an address asks for: filters, pages, ranges
    entry.py       giving the token, and leaving
    overview.py    one screen of how things stand
    jobs.py        the list of jobs, and the search
    job.py         one job's story with its pictures
    runs.py        the list of runs with the time line
    run.py         one run: its documents, its log, what the CLI said
    stuck.py       what does not move by itself
    orders.py      rerun, cancel, hold, release, give up
"""
