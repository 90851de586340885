"""What the reconciler knows and decides.

Law: pure. Standard library and `worker.contract` only; no clock, no I/O, no logging.

    observations.py  what was seen of Camber: three silences stay three
"""
