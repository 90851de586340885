"""The programs that use others' queues.

Law: each runs in an environment of its own, where there is nothing but the queues and the standard library.
"""
