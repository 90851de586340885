"""One program for each system that reads; protocol.py says how they are asked.

Law: each runs in its system's own environment, where there is nothing but that system and the standard library.
"""
