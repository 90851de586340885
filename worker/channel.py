"""The line to whoever started the worker: STDOUT, kept for answers alone."""

import os
import sys


class Channel:
    """The real STDOUT, taken away from everybody else in this process."""

    def __init__(self) -> None:
        """Take STDOUT over; what libraries print from now on, in C too, goes to STDERR."""
        sys.stdout.flush()
        self._descriptor = os.dup(1)
        os.dup2(2, 1)

    def emit(self, line: str) -> None:
        """Write one line and its newline at once, unbuffered, so that nothing can come between or be lost."""
        rest = f"{line}\n".encode()
        while rest:
            # One write unless a signal cuts it short.
            rest = rest[os.write(self._descriptor, rest) :]
