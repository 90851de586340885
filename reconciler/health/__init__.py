"""How the daemon is doing, as others may ask.

Law: it looks and never acts. Health is judged by passes that were completed, not by a process that exists. The one
listening port of the daemon is here.

    verdict.py   alive? ready? (pure)
    vitals.py    the pulse of the duties, and the database asked at most every few seconds
    gauges.py    the figures of the queue as gauges
    port.py      the port, bound before anything else starts
    server.py    /healthz, /readyz, /metrics
    attendance.py  all of it beside a working daemon
    systemd.py   READY, STOPPING and the watchdog of a Type=notify unit
"""
