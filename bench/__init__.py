"""Measurements, never tests: each bench prints a table, side by side in one run, and writes JSON.

python -m bench            all of them
python -m bench wake_up    one
python -m bench documents --help    the one that takes options
"""
