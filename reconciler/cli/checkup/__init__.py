"""The checks of `reconciler doctor`.

Law: a check looks at one thing, gives findings, and raises nothing that is the installation's fault; one that cannot
look says so. No check costs credits but `launch`, which is asked for.

    finding.py      what a check gives
    camber.py       the CLI, the account, the stash, the list
    launch.py       one tiny job from create to log
    storage.py      the database, the clocks, the object store
    shipment.py     the worker's bundle, environment and models
    transcripts.py  the CLI's answers, kept in the form that the parser tests and the local Camber take in
"""
