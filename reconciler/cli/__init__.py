"""The operators' commands.

Law: one file a command; a refusal is one clear line on STDERR and an exit code, never a traceback.

Exit codes: 0 done; 1 it did not end as it should; 2 wrong usage or settings; 3 nothing found; 4 a dependency is away;
5 the database refuses it, for want of a right or by a rule; 130 it was interrupted by Ctrl-C.
"""

from reconciler.cli.app import app

__all__ = ["app"]
