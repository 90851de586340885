"""Rythmiq's reconciler: turns rows in Postgres into finished documents on Camber.

The map of the house; each room states its law in its own __init__. Dependencies point down this list, never up.

    cli/          the operators' commands
    local/        the whole platform on one machine, for the demo and for tests
    health/       what others may ask of a daemon: probes, metrics, word to the service manager
    console/      the operators' page in the browser
    loop/         the duties of the daemon, and the daemon
    camber/       the only place that knows the CLI
    objects/      the only place that knows S3
    store/        the only place that knows SQL
    metrics.py    what a process counts
    settings/     all settings, from an explicit mapping
    logs.py       logging, redaction, the names of events
    portals/      what portals accept: the schemas that ship
    environment.py  the variables as they are given: the environment, .env, and files with one value each
    domain/       what is known and decided: pure
    __main__.py   python -m reconciler

Beside it stands `worker`, which runs alone on Camber; of it only `worker.contract` is known here.
"""
