"""The whole platform on one machine.

Law: only `cli` may import it; nothing else knows whether Camber is real.

    platform.py       all of it together, and the settings to use it
    postgres.py       a real Postgres: postgres_binaries, postgres_data, postmaster, unprivileged
    object_store.py   a real S3 store, SeaweedFS
    camber/           the emulated Camber, a program of its own that shares no code with the client
    environments.py   the worker's environment, built once from its own lock
    daemon.py         the daemon beside it, with the console
    demo.py           sample rows become finished documents; demo_report.py, report.py, templates/ show them
    samples/          the sample documents, drawn

    occupancy.py, ports.py, processes.py, private_files.py: what the servers share
"""
