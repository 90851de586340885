"""Camber on one machine: an executable that behaves as the real `camber` does, and runs its jobs as processes.

The law of this package: it is a stand-in for somebody else's program. It shares no code with the client it is there
to test, imports nothing of the reconciler, and follows what was seen of the real tool rather than what would be
convenient. All of its state stands in one folder, `CAMBER_LOCAL_HOME`. Each invocation is a process of its own, so
modules are imported where they are needed, and dataclasses, which take as long as all the rest, not at all.

Needs Linux: jobs are told apart from strangers by what /proc says of them.
"""
